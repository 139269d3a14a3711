# thalweg_gomp: GCC's OpenMP run time, whatever the compiler. Debian's oneDNN runs on that one, and a second one in the
# process would not be the one whose thread count oneDNN asks for.
add_library(thalweg_gomp INTERFACE)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  find_package(OpenMP REQUIRED)
  target_link_libraries(thalweg_gomp INTERFACE OpenMP::OpenMP_CXX)
else()
  find_program(GXX NAMES g++ REQUIRED)
  execute_process(COMMAND ${GXX} -print-file-name=libgomp.so OUTPUT_VARIABLE library
    OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  target_link_libraries(thalweg_gomp INTERFACE ${library})
endif()
