# Thalweg::dnnl and Thalweg::deflate, by the names of their libraries: oneDNN's own package file asks for OpenCL's headers,
# which nothing here needs, and Debian's libdeflate has none. `missing` lists what is not there.
foreach(name dnnl deflate)
  string(TOUPPER ${name} upper)
  find_library(${upper}_LIBRARY ${name})
  if(NOT ${upper}_LIBRARY)
    list(APPEND missing lib${name})
  elseif(NOT TARGET Thalweg::${name})
    add_library(Thalweg::${name} INTERFACE IMPORTED)
    target_link_libraries(Thalweg::${name} INTERFACE ${${upper}_LIBRARY})
  endif()
endforeach()
