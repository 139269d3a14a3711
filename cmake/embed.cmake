# thalweg_embed(TARGET FILE...): the files as text of the library, each an Asset of draw/asset.h that is named after its
# file: live.js is kLiveJs.
function(thalweg_embed target)
  set(made ${PROJECT_BINARY_DIR}/${target}_assets.cc)
  list(TRANSFORM ARGN PREPEND ${PROJECT_SOURCE_DIR}/ OUTPUT_VARIABLE files)
  set(script ${PROJECT_SOURCE_DIR}/cmake/embed_files.cmake)
  add_custom_command(OUTPUT ${made}
    COMMAND ${CMAKE_COMMAND} -DMADE=${made} "-DFILES=${files}" -P ${script}
    DEPENDS ${files} ${script} VERBATIM)
  target_sources(${target} PRIVATE ${made})
endfunction()
