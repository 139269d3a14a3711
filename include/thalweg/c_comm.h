/* Ranks from C: processes that step one model together, each with gradients of its own and with the
 * optimizer's state of its part alone (thalweg_optimizer_options::comm). A step takes the mean of the
 * gradients, into which it writes. libthalweg_core.
 *
 * Every rank makes the same calls in the same order, with the same chain, parameters and options: creating a
 * comm of several ranks, thalweg_comm_most, and for an optimizer of one creating, stepping, replanning,
 * gathering and beginning with averages. What was not the same is THALWEG_USAGE on all ranks where the
 * library sees it. Creating an optimizer gives every rank the values that rank 0 has. A checkpoint is saved
 * by one rank after thalweg_optimizer_gather_state on all of them, and loaded on every rank. Until that,
 * thalweg_optimizer_state tells what is right where the rank holds it, and zero elsewhere.
 *
 * A comm and the optimizers of it are used by one thread at a time; one of MPI by the thread that created it.
 */
#ifndef THALWEG_C_COMM_H_
#define THALWEG_C_COMM_H_

#include "thalweg/c.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Messages by functions of the caller, which return 0, or anything else where they failed. */
typedef struct thalweg_comm_calls {
  size_t struct_size;
  void* context; /* what they are given; lives as long as the comm and the optimizers of it */
  int rank;      /* this one, from 0 */
  int size;      /* how many there are, the same on all */
  /* The k-th message that a sends to b is the k-th that b receives from a; both name the same number of
   * bytes, 1 to 2^30. Both functions begin it and may return at once: `bytes` are the message's until it is
   * done. After a call that has failed nothing may write to what was not: its memory may be gone. */
  int (*send)(void* context, int to, const void* bytes, size_t count, uint64_t* ticket);
  int (*receive)(void* context, int from, void* bytes, size_t count, uint64_t* ticket);
  /* Whether that message has left or has come: *done = 1, and the ticket is spent, or 0. Does not wait for
   * it: others may have to be looked after before. */
  int (*done)(void* context, uint64_t ticket, int* done);
  void (*abort)(void* context, int code, const char* why); /* ends all ranks; may be NULL */
  const char* (*host)(void* context, int rank);            /* where it runs, for messages; may be NULL */
  const char* (*error)(void* context);                     /* why the last one failed; may be NULL */
} thalweg_comm_calls;
#define THALWEG_COMM_CALLS_INIT \
  { sizeof(thalweg_comm_calls), NULL, 0, 1, NULL, NULL, NULL, NULL, NULL, NULL }

THALWEG_API thalweg_status thalweg_comm_create(const thalweg_comm_calls* calls, thalweg_comm** comm);
/* One rank, alone. */
THALWEG_API thalweg_status thalweg_comm_create_self(thalweg_comm** comm);
/* Ranks of MPI: MPI_Fint fortran = MPI_Comm_c2f(communicator), of a communicator that is duplicated; NULL:
 * all that MPI has started together. Begins MPI for these where it has not begun, and ends it then with the
 * comm. THALWEG_USAGE where the library has no module for the MPI that this process runs under. */
THALWEG_API thalweg_status thalweg_comm_create_mpi(const int* fortran, thalweg_comm** comm);
/* Optimizers keep what they need of it. */
THALWEG_API thalweg_status thalweg_comm_destroy(thalweg_comm* comm);

/* Whether a launcher of MPI, such as mpirun or srun, has started this process. */
THALWEG_API thalweg_status thalweg_comm_launched(int* launched);

/* Either may be NULL. */
THALWEG_API thalweg_status thalweg_comm_shape(const thalweg_comm* comm, int* rank, int* size);
/* Seconds that a rank waits for another one before a call is THALWEG_FAILURE, which names that; first 300. */
THALWEG_API thalweg_status thalweg_comm_set_deadline(thalweg_comm* comm, double seconds);
/* The greatest of what the ranks say: whether one of them has failed, or wants to stop. */
THALWEG_API thalweg_status thalweg_comm_most(thalweg_comm* comm, int here, int* most);
/* Ends all ranks with this exit code where one cannot go on: else they wait for it until their deadline.
 * Returns where they cannot be ended from here. */
THALWEG_API thalweg_status thalweg_comm_abort(thalweg_comm* comm, int code, const char* why);

/* Brings what the other ranks hold of the state to rank `root`, whose thalweg_optimizer_save then has all of
 * it, until the next step. Does nothing without a comm. */
THALWEG_API thalweg_status thalweg_optimizer_gather_state(thalweg_optimizer* optimizer, int root);
/* Says that the caller has written all of the state (thalweg_optimizer_state) on this rank: it counts as
 * gathered, and the next step gives back the memory of what others hold. */
THALWEG_API thalweg_status thalweg_optimizer_state_written(thalweg_optimizer* optimizer);
/* Whether all of the state is on this rank: gathered, written or loaded since the last step, or never shared.
 */
THALWEG_API thalweg_status thalweg_optimizer_state_is_whole(thalweg_optimizer* optimizer, int* whole);

#ifdef __cplusplus
}
#endif

#endif /* THALWEG_C_COMM_H_ */
