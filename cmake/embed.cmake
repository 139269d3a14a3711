# thalweg_embed(TARGET NAMESPACE FILE...): the files as text of the target, each an Asset of base/asset.h in the namespace
# that is named after its file: live.js is kLiveJs.
function(thalweg_embed target namespace)
  set(made ${PROJECT_BINARY_DIR}/${target}_assets.cc)
  list(TRANSFORM ARGN PREPEND ${PROJECT_SOURCE_DIR}/ OUTPUT_VARIABLE files)
  set(script ${PROJECT_SOURCE_DIR}/cmake/embed_files.cmake)
  add_custom_command(OUTPUT ${made}
    COMMAND ${CMAKE_COMMAND} -DMADE=${made} -DNAMESPACE=${namespace} "-DFILES=${files}" -P ${script}
    DEPENDS ${files} ${script} VERBATIM)
  target_sources(${target} PRIVATE ${made})
endfunction()
