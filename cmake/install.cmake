# What `cmake --install` puts where, in the components lib (shared libraries), dev (headers, static libraries, package
# files), tools (the command, its pages and completions) and doc. Everything may be moved as a whole afterwards.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(THALWEG_ZSH_COMPLETIONS ${CMAKE_INSTALL_DATADIR}/zsh/site-functions CACHE STRING "Where zsh looks for completions")
set(package_files ${CMAKE_INSTALL_LIBDIR}/cmake/Thalweg)

# Headers of the parts that are built.
set(left_out)
if(NOT THALWEG_LEARN)
  set(left_out REGEX "/(dataset|loss|module|run|settings|tensor|thalweg|trainer)\\.h$" EXCLUDE)
endif()
if(NOT THALWEG_LAB)
  list(APPEND left_out REGEX "/(lab|thalweg\\.h)$" EXCLUDE)
endif()
install(DIRECTORY include/thalweg DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT dev
  FILES_MATCHING PATTERN "*.h" ${left_out})
install(FILES ${factories} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/thalweg COMPONENT dev)

# thalweg_install(TARGET PART): both libraries, and the files by which CMake and pkg-config find them. The targets of each
# library stand in a file of their own: who asks for one need not have what another one needs.
function(thalweg_install target part)
  foreach(kind static shared)
    set(library ${target})
    if(kind STREQUAL shared)
      set(library ${target}_shared)
    endif()
    install(TARGETS ${library} EXPORT thalweg_${part}_${kind}
      LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT lib NAMELINK_COMPONENT dev
      ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT dev
      INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
    install(EXPORT thalweg_${part}_${kind} NAMESPACE Thalweg:: FILE Thalweg-${part}-${kind}.cmake
      DESTINATION ${package_files} COMPONENT dev)
  endforeach()
  string(REPLACE _ - name ${target})
  configure_file(cmake/${name}.pc.in ${PROJECT_BINARY_DIR}/${name}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT dev)
endfunction()

# From the folder of a .pc file to the prefix.
file(RELATIVE_PATH to_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" to_prefix ${to_prefix})
thalweg_install(thalweg_core core)
if(THALWEG_LEARN)
  thalweg_install(thalweg learn)
endif()
if(THALWEG_LAB)
  thalweg_install(thalweg_lab lab)
endif()

# The runtime of C++ as its compiler links it, for programs that another one links.
set(THALWEG_CXX_RUNTIME ${CMAKE_CXX_IMPLICIT_LINK_LIBRARIES})
list(FILTER THALWEG_CXX_RUNTIME INCLUDE REGEX "^(stdc\\+\\+|c\\+\\+|c\\+\\+abi|m)$")
list(REMOVE_DUPLICATES THALWEG_CXX_RUNTIME)
# What ranks are loaded by: beside the libraries, where they look for it.
if(mpi_modules)
  install(TARGETS ${mpi_modules} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT lib)
endif()

configure_package_config_file(cmake/ThalwegConfig.cmake.in ${PROJECT_BINARY_DIR}/ThalwegConfig.cmake
  INSTALL_DESTINATION ${package_files} NO_SET_AND_CHECK_MACRO)
# Before 1.0 a minor version may change what callers see.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/ThalwegConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/ThalwegConfig.cmake ${PROJECT_BINARY_DIR}/ThalwegConfigVersion.cmake
  cmake/gomp.cmake cmake/found_by_name.cmake DESTINATION ${package_files} COMPONENT dev)

if(THALWEG_TOOL)
  install(TARGETS thalweg_tool RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT tools)

  # The pages of `thalweg man`, one a command.
  file(STRINGS src/tool/commands.inc commands REGEX "^THALWEG_COMMAND")
  list(TRANSFORM commands REPLACE "THALWEG_COMMAND\\((.*)\\)" "\\1")
  list(TRANSFORM commands REPLACE _ -)
  set(pages ${PROJECT_BINARY_DIR}/man/thalweg.1)
  foreach(command IN LISTS commands)
    list(APPEND pages ${PROJECT_BINARY_DIR}/man/thalweg-${command}.1)
  endforeach()
  add_custom_command(OUTPUT ${pages}
    COMMAND sh ${PROJECT_SOURCE_DIR}/tools/man.sh $<TARGET_FILE:thalweg_tool> ${PROJECT_BINARY_DIR}/man ${commands}
    DEPENDS thalweg_tool tools/man.sh VERBATIM)
  add_custom_target(thalweg_man ALL DEPENDS ${pages})
  install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT tools)

  install(FILES src/tool/completion.bash RENAME thalweg
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT tools)
  install(FILES src/tool/completion.zsh RENAME _thalweg DESTINATION ${THALWEG_ZSH_COMPLETIONS} COMPONENT tools)
  install(FILES src/tool/completion.fish RENAME thalweg.fish
    DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT tools)
endif()

file(GLOB manual docs/*.md)
# The front page, which names headers where they stand in the sources, and what only these have.
file(RELATIVE_PATH to_headers /${CMAKE_INSTALL_DOCDIR} /${CMAKE_INSTALL_INCLUDEDIR}/thalweg)
file(READ README.md front_page)
string(REPLACE "](include/thalweg" "](${to_headers}" front_page "${front_page}")
string(REPLACE "[CONTRIBUTING.md](CONTRIBUTING.md)" "`CONTRIBUTING.md` of the sources" front_page "${front_page}")
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/README.md CONTENT "${front_page}" @ONLY)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/README.md)
install(FILES ${PROJECT_BINARY_DIR}/README.md CHANGELOG.md ARCHITECTURE.md LICENSE
  DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT doc)
install(FILES ${manual} DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs COMPONENT doc)
install(DIRECTORY docs/pictures DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs COMPONENT doc)
install(DIRECTORY docs/adr DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs COMPONENT doc)
install(FILES docs/site/reference/encoding.md docs/site/reference/metrics.md
  DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs/site/reference COMPONENT doc)
install(DIRECTORY examples DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT doc FILES_MATCHING PATTERN "*.cc" PATTERN "*.c")

# All that is installed, and nothing else.
add_custom_target(thalweg_installed)
if(mpi_modules)
  add_dependencies(thalweg_installed ${mpi_modules})
endif()
foreach(target thalweg_core thalweg thalweg_lab thalweg_tool thalweg_man)
  foreach(kind "" _shared)
    if(TARGET ${target}${kind})
      add_dependencies(thalweg_installed ${target}${kind})
    endif()
  endforeach()
endforeach()
