# The rooms of src stand in storeys, each a library: an include names the room and the file. A library sees the rooms
# of its own storey and of those below it.
set(engine_rooms ${PROJECT_SOURCE_DIR}/src/engine)
set(learn_rooms ${engine_rooms} ${PROJECT_SOURCE_DIR}/src/learn)
set(lab_rooms ${learn_rooms} ${PROJECT_SOURCE_DIR}/src/lab)

# Sources of libraries are compiled once, for both kinds of them. What is called within a library is called directly, as
# in an executable: without this, nothing that another library could replace is inlined.
set(relocatable -fPIC -fno-semantic-interposition)

# thalweg_precompile(TARGET HEADERS...|FROM): parses these, and what most files include, once, or takes what FROM has, and
# is then compiled like it. The preset `clang` does without: its build proves that every file includes what it uses.
function(thalweg_precompile target)
  if(TARGET ${ARGV1})
    target_precompile_headers(${target} REUSE_FROM ${ARGV1})
    target_compile_options(${target} PRIVATE ${relocatable})
  else()
    target_precompile_headers(${target} PRIVATE
      <algorithm> <array> <cmath> <cstdint> <filesystem> <functional> <limits> <map> <memory> <optional> <span> <string>
      <string_view> <utility> <vector> ${ARGN})
  endif()
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)  # for ccache
endfunction()

# thalweg_library(TARGET PART KIND): one of the two libraries of the objects that thalweg_storey() made, static or shared.
function(thalweg_library target part kind)
  set(library ${target})
  set(below ${storey_OVER})
  if(kind STREQUAL shared)
    set(library ${target}_shared)
    list(TRANSFORM below APPEND _shared)
  endif()
  string(TOUPPER ${kind} type)
  add_library(${library} ${type} $<TARGET_OBJECTS:${target}_objects>)
  set_target_properties(${library} PROPERTIES
    OUTPUT_NAME ${target} EXPORT_NAME ${part}_${kind} LINKER_LANGUAGE CXX INSTALL_RPATH $ORIGIN
    VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
  target_compile_features(${library} PUBLIC cxx_std_20)
  target_include_directories(${library} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>)
  target_link_libraries(${library} PUBLIC ${below} PRIVATE ${storey_NEEDS} $<BUILD_INTERFACE:thalweg_flags>)
  if(kind STREQUAL shared)
    set(exports ${PROJECT_BINARY_DIR}/exports.map)
    configure_file(${PROJECT_SOURCE_DIR}/cmake/exports.map ${exports} @ONLY)
    target_link_options(${library} PRIVATE LINKER:--version-script=${exports})
    set_property(TARGET ${library} APPEND PROPERTY LINK_DEPENDS ${exports})
  endif()
  if(kind STREQUAL shared AND NOT THALWEG_SANITIZE)  # what sanitizers call is in the program
    target_link_options(${library} PRIVATE LINKER:-z,defs)
  endif()
  add_library(Thalweg::${part}_${kind} ALIAS ${library})
endfunction()

# thalweg_storey(TARGET PART FOLDERS folder... [OVER target] [NEEDS target...] [COMPILED_WITH target...]
#                [PRECOMPILED header...]): the libraries lib<TARGET>.a, which tests and the tool link, and lib<TARGET>.so
# of all sources in these folders of src, tests left out. OVER is the storey below, NEEDS what is linked,
# COMPILED_WITH what is but included. Thalweg::<PART> is the library that BUILD_SHARED_LIBS asks for, as in an installed
# package.
function(thalweg_storey target part)
  cmake_parse_arguments(PARSE_ARGV 2 storey "" "" "FOLDERS;OVER;NEEDS;COMPILED_WITH;PRECOMPILED")
  foreach(folder IN LISTS storey_FOLDERS)
    list(APPEND patterns src/${folder}/*.cc src/${folder}/*.S)
  endforeach()
  file(GLOB sources CONFIGURE_DEPENDS ${patterns})
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$|/reserve/allocator\\.cc$|/mpi_module\\.cc$")
  # Loops over numbers need -O3, which takes twice as long to compile as -O1.
  set(words ${sources})
  list(FILTER words EXCLUDE REGEX "/random\\.cc$|/(safetensors|device|matrix|plan|ranks|step|transforms|kernels|augment|data|images|losses|nn|train)/")
  set_source_files_properties(${words} PROPERTIES COMPILE_OPTIONS $<$<CONFIG:Release>:-O1>)
  set(objects ${target}_objects)
  add_library(${objects} OBJECT ${sources})
  target_compile_options(${objects} PRIVATE ${relocatable})
  list(GET storey_FOLDERS 0 first)
  string(REGEX REPLACE "/.*" "" first ${first})
  target_include_directories(${objects} PRIVATE ${${first}_rooms})
  target_link_libraries(${objects} PRIVATE thalweg_flags ${storey_NEEDS} ${storey_COMPILED_WITH})
  thalweg_precompile(${objects} ${storey_PRECOMPILED})
  thalweg_library(${target} ${part} static)
  thalweg_library(${target} ${part} shared)
  if(BUILD_SHARED_LIBS)
    add_library(Thalweg::${part} ALIAS ${target}_shared)
  else()
    add_library(Thalweg::${part} ALIAS ${target})
  endif()
  if(NOT THALWEG_INSTALL AND NOT BUILD_SHARED_LIBS)
    set_target_properties(${target}_shared PROPERTIES EXCLUDE_FROM_ALL ON)
  endif()
endfunction()
