# Writes the C++ source MADE with the commit of the sources in SOURCE; see commit.cmake. A history that begins above SOURCE
# is that of another project.
set(commit "")
if(GIT)
  execute_process(COMMAND ${GIT} -C ${SOURCE} rev-parse --show-toplevel
    OUTPUT_VARIABLE top ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
  file(REAL_PATH ${SOURCE} source)
  if(top STREQUAL source)
    execute_process(COMMAND ${GIT} -C ${SOURCE} rev-parse --short=12 HEAD
      OUTPUT_VARIABLE commit ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
  endif()
endif()
file(WRITE ${MADE} "#include \"tool/version.h\"\n\nnamespace ${NAMESPACE} {\n
const char* const kCommit = \"${commit}\";\n\n}  // namespace ${NAMESPACE}\n")
