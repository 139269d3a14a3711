# Thalweg::gomp: GCC's OpenMP run time, whatever the compiler. Debian's oneDNN runs on that one, and a second one in the
# process would not be the one whose thread count oneDNN asks for.
if(NOT TARGET Thalweg::gomp)
  set(gxx ${CMAKE_CXX_COMPILER})
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    find_program(THALWEG_GXX NAMES g++ REQUIRED)
    set(gxx ${THALWEG_GXX})
  endif()
  execute_process(COMMAND ${gxx} -print-file-name=libgomp.so OUTPUT_VARIABLE library
    OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  add_library(Thalweg::gomp INTERFACE IMPORTED)
  target_link_libraries(Thalweg::gomp INTERFACE ${library})
endif()
