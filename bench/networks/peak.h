// The limit of what computes: multiply-adds on numbers in registers.
#pragma once

#include <cstddef>

// Runs some `flops` floating-point operations on the calling thread, as fast as it can; the result keeps the
// compiler from leaving them out.
float multiply_add(double flops);
