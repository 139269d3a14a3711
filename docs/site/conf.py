# How Sphinx builds these pages; tools/docs/build.py calls it.
project = "Thalweg"
author = "the authors of Thalweg"
extensions = ["myst_parser", "tool_directives", "theme"]
myst_heading_anchors = 3
exclude_patterns = ["_taken"]
html_theme = "furo"
html_title = "Thalweg"
html_static_path = ["_static"]
html_css_files = ["thalweg.css"]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
html_show_search_summary = False  # which scripts may not fetch from a disk
highlight_language = "none"
pygments_style = "friendly"
pygments_dark_style = "monokai"
