# Debian packages, made by the preset `deb`: libthalweg0.1 (shared libraries), libthalweg-dev, thalweg (the command) and
# thalweg-doc, from the components of install.cmake.
set(abi ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME thalweg)
set(CPACK_PACKAGE_VENDOR "The Thalweg authors")
set(THALWEG_MAINTAINER "The Thalweg authors <thalweg@localhost>" CACHE STRING "Who makes the packages: Name <address>")
set(CPACK_PACKAGE_CONTACT ${THALWEG_MAINTAINER})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "optimizing engine of machine learning")
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/packages)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL lib dev tools doc)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/compress_pages.cmake)

# thalweg_package(COMPONENT NAME SECTION SUMMARY): what a package is called and says, and the files that every package has.
macro(thalweg_package component name section summary)
  string(TOUPPER ${component} upper)
  set(CPACK_DEBIAN_${upper}_PACKAGE_NAME ${name})
  set(CPACK_DEBIAN_${upper}_PACKAGE_SECTION ${section})
  set(CPACK_DEBIAN_${upper}_DESCRIPTION "${summary}

Thalweg moves the parameters of a model downhill on the loss: SGD, Adam, AdamW
and their kin as chains of small transforms, under learning-rate schedules,
with networks, data readers and a trainer.")
  install(FILES ${PROJECT_BINARY_DIR}/copyright ${PROJECT_BINARY_DIR}/changelog.Debian.gz
    DESTINATION share/doc/${name} COMPONENT ${component})
endmacro()
thalweg_package(lib libthalweg${abi} libs "The shared libraries.")
thalweg_package(dev libthalweg-dev libdevel "Headers, static libraries, and files for CMake and pkg-config.")
thalweg_package(tools thalweg science "The command line.")
thalweg_package(doc thalweg-doc doc "Documentation and examples.")

# Programs linked with the libraries depend on this package; the loader's cache learns of them by a trigger.
set(control ${PROJECT_BINARY_DIR}/control)
file(WRITE ${control}/shlibs "")
foreach(library thalweg_core thalweg thalweg_lab)
  file(APPEND ${control}/shlibs "lib${library} ${abi} libthalweg${abi} (>= ${PROJECT_VERSION})\n")
endforeach()
file(WRITE ${control}/triggers "activate-noawait ldconfig\n")
set(CPACK_DEBIAN_LIB_PACKAGE_CONTROL_EXTRA ${control}/shlibs ${control}/triggers)
set(CPACK_DEBIAN_DOC_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_DEV_PACKAGE_SHLIBDEPS OFF)
set(CPACK_DEBIAN_DOC_PACKAGE_SHLIBDEPS OFF)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS "libthalweg${abi} (= ${PROJECT_VERSION}-1), libhwy-dev, libdnnl-dev, libfmt-dev, libtomlplusplus-dev, \
zlib1g-dev, libzstd-dev, libpng-dev, libjpeg62-turbo-dev, libgomp1")
set(CPACK_DEBIAN_TOOLS_PACKAGE_SUGGESTS thalweg-doc)

file(READ LICENSE license)
string(REGEX MATCH "Copyright \\(c\\) ([^\n]*)\n+(.*)" license "${license}")
set(holder "${CMAKE_MATCH_1}")
string(STRIP "${CMAKE_MATCH_2}" license)
string(REPLACE "\n\n" "\n.\n" license "${license}")
string(REPLACE "\n" "\n " license "${license}")
file(WRITE ${PROJECT_BINARY_DIR}/copyright "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: thalweg

Files: *
Copyright: ${holder}
License: Expat
 ${license}
")
string(TIMESTAMP day "%a, %d %b %Y %H:%M:%S +0000" UTC)
file(WRITE ${PROJECT_BINARY_DIR}/changelog.Debian "thalweg (${PROJECT_VERSION}-1) unstable; urgency=medium

  * What changed is told by CHANGELOG.md in the package thalweg-doc.

 -- ${CPACK_PACKAGE_CONTACT}  ${day}
")
execute_process(COMMAND gzip -9nf ${PROJECT_BINARY_DIR}/changelog.Debian COMMAND_ERROR_IS_FATAL ANY)
include(CPack)
