# Thalweg::dnnl, by the name of its library: oneDNN's own package file asks for OpenCL's headers, which nothing here needs.
# `missing` lists what is not there.
find_library(DNNL_LIBRARY dnnl)
if(NOT DNNL_LIBRARY)
  list(APPEND missing libdnnl)
elseif(NOT TARGET Thalweg::dnnl)
  add_library(Thalweg::dnnl INTERFACE IMPORTED)
  target_link_libraries(Thalweg::dnnl INTERFACE ${DNNL_LIBRARY})
endif()
