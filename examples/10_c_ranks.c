/* Processes that step one model together, over an engine's own memory: each has a part of the samples and of the
 * optimizer's state. A line through points; `mpirun -n 4` starts four ranks, without it there is one. */
#include <stdio.h>
#include <stdlib.h>

#include "thalweg/c_comm.h"

enum { POINTS = 64, UPDATES = 300 };

static void check(thalweg_status status) {
  if (status == THALWEG_OK) return;
  fprintf(stderr, "%s\n", thalweg_last_error());
  exit(1);
}

int main(void) {
  static float line[2], gradient[2]; /* y = line[0] * x + line[1] */
  const int64_t shape[1] = {2};
  thalweg_comm* comm = NULL;
  thalweg_params* params = NULL;
  thalweg_optimizer* optimizer = NULL;
  thalweg_optimizer_options options = THALWEG_OPTIMIZER_OPTIONS_INIT;
  size_t bytes = 0;
  int launched, rank, size, step, i;

  /* A program that has begun MPI gives a communicator of its own:
   * MPI_Fint fortran = MPI_Comm_c2f(communicator); thalweg_comm_create_mpi(&fortran, &comm); */
  check(thalweg_comm_launched(&launched));
  check(launched ? thalweg_comm_create_mpi(NULL, &comm) : thalweg_comm_create_self(&comm));
  check(thalweg_comm_shape(comm, &rank, &size));

  check(thalweg_params_create(&params));
  check(thalweg_params_adopt(params, "line", 1, shape, THALWEG_F32, line, gradient, THALWEG_NO_ROLE, NULL));
  options.threads = 1;
  options.comm = comm;
  check(thalweg_optimizer_create(params, "clip_norm(10) | adam | lr(linear(0.1, total=300))", &options, &optimizer));

  for (step = 0; step < UPDATES; ++step) {
    gradient[0] = gradient[1] = 0;
    for (i = rank; i < POINTS; i += size) { /* this rank's points */
      const float x = (float)i / POINTS, error = line[0] * x + line[1] - (3 * x - 1);
      gradient[0] += 2 * error * x;
      gradient[1] += 2 * error;
    }
    /* Of what each rank gives, the step takes the mean: here of all points, whoever has more of them. */
    for (i = 0; i < 2; ++i) gradient[i] *= (float)size / POINTS;
    check(thalweg_optimizer_step(optimizer, NULL, NULL)); /* the same line on all ranks */
  }

  /* A checkpoint is written by one rank, which has all of the state after this. */
  check(thalweg_optimizer_gather_state(optimizer, 0));
  if (rank == 0) {
    check(thalweg_optimizer_save_memory(optimizer, NULL, 0, &bytes));
    printf("%d ranks: y = %.3f x + %.3f; %lu bytes to save\n", size, line[0], line[1], (unsigned long)bytes);
  }
  check(thalweg_optimizer_destroy(optimizer));
  check(thalweg_params_destroy(params));
  check(thalweg_comm_destroy(comm)); /* ends MPI, where it has begun it */
  return line[0] > 2.9f && line[0] < 3.1f ? 0 : 1;
}
