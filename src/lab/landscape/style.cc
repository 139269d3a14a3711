#include "landscape/picture.h"

namespace thalweg::page {
namespace {

// Colours after Okabe and Ito (2008), darker on light ground; paths differ in dashes and symbols as well.
constexpr std::string_view kStyle = R"css(
:root { --l-paper: #ffffff; --l-ink: #15191e; --l-soft: #56606b; --l-hill: #47708f; --l-grid: #e3e7ec;
  --w0: #0072b2; --w1: #b84600; --w2: #00714f; --w3: #a1417f; --w4: #7d6200; --w5: #15191e; }
@media screen and (prefers-color-scheme: dark) {
  :root { --l-paper: #12161b; --l-ink: #e6e9ed; --l-soft: #9da8b4; --l-hill: #7ea6c4; --l-grid: #29313a;
    --w0: #6cc4f7; --w1: #ff9d45; --w2: #34d1a4; --w3: #ec9dcd; --w4: #f0e442; --w5: #ffffff; }
}
.landscape text { font: 13.5px system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif;
  font-variant-numeric: tabular-nums; fill: var(--l-soft); }
.landscape .ground { fill: var(--l-paper); }
.landscape text.x { text-anchor: middle; }
.landscape text.y { text-anchor: end; }
.landscape text.legend, .landscape .marks text { fill: var(--l-ink); }
.landscape .axis { fill: none; stroke: var(--l-soft); }
.landscape .grid { fill: none; stroke: var(--l-grid); }
.landscape .now { fill: none; stroke: var(--l-ink); stroke-width: 1.2; }
.levels path { fill: var(--l-hill); fill-opacity: .058; fill-rule: evenodd; stroke: var(--l-hill);
  stroke-opacity: .42; stroke-width: .7; }
.hole { fill: var(--l-paper); stroke: var(--l-soft); stroke-dasharray: 2 3; }
.landscape .level-names text { font-size: 11px; text-anchor: middle; fill: var(--l-ink); paint-order: stroke;
  stroke: var(--l-paper); stroke-width: 3; stroke-opacity: .75; }
.marks path { fill: none; stroke: var(--l-ink); stroke-width: 2; stroke-linecap: round; }
.marks .halo { stroke: var(--l-paper); stroke-width: 5; }
.marks circle { fill: var(--l-paper); stroke: var(--l-ink); stroke-width: 2; }
.marks text { paint-order: stroke; stroke: var(--l-paper); stroke-width: 3; }
.way { fill: none; stroke-linejoin: round; stroke-linecap: round; color: var(--w0); }
.way .halo { stroke: var(--l-paper); stroke-width: 4; stroke-opacity: .8; }
.way .track { stroke: currentColor; stroke-width: 1.8; }
.way .dots { stroke: currentColor; stroke-width: 4; }
.head circle, .head path:not(.track) { fill: currentColor; stroke: var(--l-paper); stroke-width: 1.5; }
.way-1, .way-7 { color: var(--w1); }
.way-2, .way-8 { color: var(--w2); }
.way-3, .way-9 { color: var(--w3); }
.way-4, .way-10 { color: var(--w4); }
.way-5, .way-11 { color: var(--w5); }
.way-1 .track { stroke-dasharray: 9 4; }
.way-2 .track { stroke-dasharray: 3 4; }
.way-4 .track { stroke-dasharray: 12 4 2 4; }
.way-6 .track, .way-8 .track, .way-10 .track { stroke-dasharray: 6 3 1 3; }
.way-7 .track, .way-9 .track, .way-11 .track { stroke-dasharray: 2 3; }
)css";

// Of the page around it.
constexpr std::string_view kPageStyle = R"css(
.player { display: flex; flex-wrap: wrap; gap: 10px 14px; align-items: center; margin: 26px 0 8px; }
.player[hidden], .solid[hidden] { display: none; }
.player button, .solid button, .player select { font: inherit; font-size: 15px; color: var(--ink);
  background: var(--wash); border: 1px solid var(--soft); border-radius: 6px; padding: 5px 14px;
  min-height: 36px; }
.player button { min-width: 84px; }
.player input { flex: 1 1 220px; min-width: 0; height: 30px; accent-color: var(--train); }
.player output { min-width: 12ch; }
.player label { color: var(--soft); font-size: 14px; }
.paths th, .paths td { white-space: normal; }
.paths table { max-width: none; }
.paths th:nth-child(2), .paths td:nth-child(2) { display: table-cell; }
.paths tbody th { overflow-wrap: anywhere; text-align: left; }
.paths tbody th svg { width: 46px; height: 14px; margin-right: 8px; vertical-align: -1px; }
.paths td { font-variant-numeric: tabular-nums; }
.paths .chain { color: var(--soft); font-size: 14px; }
.paths code { overflow-wrap: anywhere; }
.solid canvas { display: block; width: 100%; height: min(64vw, 560px); touch-action: pan-y; cursor: grab;
  border: 1px solid var(--rule); border-radius: 6px; }
.solid p { display: flex; flex-wrap: wrap; gap: 8px; margin: 10px 0 0; }
@media (max-width: 720px) {
  .landscape text { font-size: 17.5px; }
  .landscape .level-names text { font-size: 14px; }
  .way .track { stroke-width: 2.4; }
  .solid canvas { height: 92vw; }
  .paths tr { display: grid; grid-template-columns: repeat(3, 1fr); border-bottom: 1px solid var(--grid);
    padding: 6px 0; align-items: end; }
  .paths .paths-table th, .paths .paths-table td { border: 0; padding: 2px 8px 2px 0; text-align: left; }
  .paths tr th:first-child, .paths tr td.remark { grid-column: 1 / -1; }
  .paths .paths-table td.none, .paths .paths-table thead th.remark, .paths .paths-table thead th:first-child {
    display: none; }
}
@media print { .player, .solid { display: none; } }
)css";

}  // namespace

std::string_view landscape_style() { return kStyle; }
std::string_view landscape_page_style() { return kPageStyle; }

}  // namespace thalweg::page
