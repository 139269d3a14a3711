# thalweg_flags: what every target of this project is compiled with; nothing of it reaches who uses the libraries. No
# contraction: the arithmetic of the optimizer is the same on every machine.
add_library(thalweg_flags INTERFACE)
target_compile_features(thalweg_flags INTERFACE cxx_std_20)
target_compile_options(thalweg_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -ffp-contract=off
  $<$<BOOL:${THALWEG_WERROR}>:-Werror>
  # False alarms of g++ 12 on std::string (GCC bugs 105651 and 105329), two of them only with precompiled headers.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict> $<$<CXX_COMPILER_ID:GNU>:-Wno-stringop-overflow>
  $<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds>
  # Under Clang the stable_sort of libstdc++ 12 warns of itself; g++ tells of what is deprecated here.
  $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>)
target_include_directories(thalweg_flags INTERFACE
  ${PROJECT_SOURCE_DIR}/include ${PROJECT_BINARY_DIR}/include)
# Kernels are compiled once for each SIMD target: processors between SSSE3 and SSE4 (2006 to 2007) use the scalar ones.
set(no_kernels HWY_SSSE3)
set(is_test $<STREQUAL:$<TARGET_PROPERTY:NAME>,thalweg_tests>)
if(THALWEG_SANITIZE)
  set(no_kernels HWY_SSSE3|HWY_SSE4)
  # Instrumented tests take several times as long to compile at -O1 as at -O0, and run once.
  target_compile_options(thalweg_flags INTERFACE
    -fsanitize=${THALWEG_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g1 $<IF:${is_test},-O0,-O1>
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)  # unreliable in instrumented code
  target_link_options(thalweg_flags INTERFACE -fsanitize=${THALWEG_SANITIZE})
endif()
target_compile_definitions(thalweg_flags INTERFACE "HWY_DISABLED_TARGETS=${no_kernels}")
if(THALWEG_COVERAGE)  # of all but the tests; threads share the counters
  target_compile_options(thalweg_flags INTERFACE
    $<$<NOT:${is_test}>:--coverage> $<$<NOT:${is_test}>:-fprofile-update=atomic> $<$<NOT:${is_test}>:-O1>)
  target_link_options(thalweg_flags INTERFACE --coverage)
endif()
if(THALWEG_FUZZ)
  target_compile_options(thalweg_flags INTERFACE -fsanitize=fuzzer-no-link)
  target_link_options(thalweg_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
