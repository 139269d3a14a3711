# thalweg_commit(TARGET NAMESPACE): `extern const char* const kCommit` of the namespace, the commit of the sources, empty
# where they have no history of their own. A commit makes this one file again, and nothing else.
function(thalweg_commit target namespace)
  set(made ${PROJECT_BINARY_DIR}/${target}_commit.cc)
  set(script ${PROJECT_SOURCE_DIR}/cmake/write_commit.cmake)
  find_program(GIT git)
  set(log "")
  if(GIT)
    execute_process(COMMAND ${GIT} -C ${PROJECT_SOURCE_DIR} rev-parse --path-format=absolute --git-path logs/HEAD
      OUTPUT_VARIABLE log ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
    if(NOT EXISTS "${log}")
      set(log "")
    endif()
  endif()
  add_custom_command(OUTPUT ${made}
    COMMAND ${CMAKE_COMMAND} -DMADE=${made} -DNAMESPACE=${namespace} -DGIT=${GIT} -DSOURCE=${PROJECT_SOURCE_DIR} -P ${script}
    DEPENDS ${script} ${log} VERBATIM)
  target_sources(${target} PRIVATE ${made})
endfunction()
