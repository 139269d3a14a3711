/* The C ABI. C99 and C++; nothing but the standard library is included.
 *
 *   optimizer     thalweg_params_..., thalweg_optimizer_..., thalweg_schedule_...        libthalweg_core
 *   training      thalweg_model_..., thalweg_trainer_..., thalweg_train, thalweg_run_... libthalweg
 *   workbench     thalweg_compare, thalweg_study, thalweg_verify, thalweg_landscape, ...  libthalweg_lab
 *
 * Every function returns a status, THALWEG_OK or what is to be done about the error; thalweg_last_error()
 * says it in words, and all is as it was. Nothing is printed, no exception leaves, no process is ended.
 *
 * A handle is a name for an object, not its address: one that was destroyed, is of another kind or was never
 * made is an error (THALWEG_USAGE). Destroying NULL does nothing. Objects keep alive what they refer to.
 *
 * A `const char**` receives text that is valid until the thread's next call of a function with such a
 * parameter. Texts are UTF-8 and end in a zero. Out-parameters that are not wanted may be NULL where it is
 * said.
 *
 * Structures begin with `struct_size`, which the caller sets to sizeof: a library that knows more fields than
 * the caller gives those their defaults, one that knows fewer leaves the rest alone. The macros _INIT do so.
 *
 * An object is used by one thread at a time, different ones at once; a call of a second thread on an
 * optimizer is THALWEG_USAGE. What a schedule, a text or a list is asked may be asked by several.
 */
#ifndef THALWEG_C_H_
#define THALWEG_C_H_

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define THALWEG_API __attribute__((visibility("default")))
#else
#define THALWEG_API
#endif
#ifdef __cplusplus
extern "C" {
#endif

typedef enum thalweg_status {
  THALWEG_OK = 0,
  THALWEG_FAILURE = 1,  /* another reason */
  THALWEG_USAGE = 2,    /* a text, an option, a handle or a call is wrong: change the call */
  THALWEG_DATA = 3,     /* a file is missing, unreadable, malformed or does not fit: change the file */
  THALWEG_RESOURCE = 4, /* memory, disk or threads ran out: free some and try again */
  THALWEG_DIVERGED = 5  /* what should be a number is not: change the rate or the data */
} thalweg_status;

/* Of this thread's last call that was not THALWEG_OK: "where: what; got; want; try". Never NULL. */
THALWEG_API const char* thalweg_last_error(void);

/* "0.1.0", and the version of this header's functions, raised when one changes or goes. */
#define THALWEG_ABI_VERSION 1
THALWEG_API const char* thalweg_version(void);
THALWEG_API uint32_t thalweg_abi_version(void);

/* What can be named - transforms, recipes, schedules -, as JSON, of one kind or, where it is NULL, of all;
 * and a page of text about one name. */
THALWEG_API thalweg_status thalweg_list(const char* kind, const char** json);
THALWEG_API thalweg_status thalweg_help(const char* name, const char** text);

/* Zeroed memory, aligned to 64 bytes, of 2 MiB and more on huge pages where the system has them: a step over
 * pages of 4 KiB takes some 1.3 times as long. For the caller's parameters; must outlive what adopted it. */
THALWEG_API thalweg_status thalweg_memory_create(size_t bytes, void** memory);
THALWEG_API thalweg_status thalweg_memory_destroy(void* memory);

/* ---- Parameters: named, shaped memory with gradients ---- */

typedef struct thalweg_params thalweg_params;
typedef enum thalweg_dtype { THALWEG_F32 = 0, THALWEG_F64 = 1, THALWEG_U8 = 2 } thalweg_dtype;

/* For `on=`; THALWEG_NO_ROLE counts as a matrix, at any rank. */
typedef enum thalweg_role {
  THALWEG_NO_ROLE = 0,
  THALWEG_WEIGHT = 1,
  THALWEG_BIAS = 2,
  THALWEG_NORM = 3,
  THALWEG_EMBEDDING = 4,
  THALWEG_OTHER = 5
} thalweg_role;

/* A stream of memory with what it holds, row-major. */
typedef struct thalweg_tensor {
  size_t struct_size;
  const char* name; /* lives as long as its owner stays as it is */
  thalweg_dtype dtype;
  size_t rank;          /* 0: a scalar */
  const int64_t* shape; /* `rank` sizes */
  uint64_t size;        /* elements */
  void* data;           /* NULL where there is no memory */
} thalweg_tensor;
#define THALWEG_TENSOR_INIT \
  { sizeof(thalweg_tensor), NULL, THALWEG_F32, 0, NULL, 0, NULL }

THALWEG_API thalweg_status thalweg_params_create(thalweg_params** params);
THALWEG_API thalweg_status thalweg_params_destroy(thalweg_params* params);

/* The caller's memory, which must outlive `params` and every optimizer of it; `gradient` may be NULL
 * (absent). The parameter's index, from 0 in order, may be NULL. Overlaps are errors that name both. */
THALWEG_API thalweg_status thalweg_params_adopt(thalweg_params* params, const char* name, size_t rank,
                                                const int64_t* shape, thalweg_dtype dtype, void* value,
                                                void* gradient, thalweg_role role, size_t* index);
/* The library's memory, zero. */
THALWEG_API thalweg_status thalweg_params_add(thalweg_params* params, const char* name, size_t rank,
                                              const int64_t* shape, thalweg_dtype dtype, thalweg_role role,
                                              size_t* index);
/* The same parameter in other memory of the caller, whose values it keeps. */
THALWEG_API thalweg_status thalweg_params_rebind(thalweg_params* params, size_t index, void* value,
                                                 void* gradient);
/* Where the next step's gradients lie, a pointer a parameter, NULL for absent: cheap where they stay. */
THALWEG_API thalweg_status thalweg_params_set_gradients(thalweg_params* params, void* const* gradients,
                                                        size_t count);

/* Absent: untouched by steps, without decay, its clock stands still. Frozen: the same, and without state. */
THALWEG_API thalweg_status thalweg_params_set_absent(thalweg_params* params, size_t index, int absent);
THALWEG_API thalweg_status thalweg_params_set_frozen(thalweg_params* params, size_t index, int frozen);

THALWEG_API thalweg_status thalweg_params_count(const thalweg_params* params, size_t* count);
THALWEG_API thalweg_status thalweg_params_find(const thalweg_params* params, const char* name, size_t* index);
THALWEG_API thalweg_status thalweg_params_value(const thalweg_params* params, size_t index,
                                                thalweg_tensor* value);
THALWEG_API thalweg_status thalweg_params_gradient(const thalweg_params* params, size_t index,
                                                   thalweg_tensor* gradient);
/* small[i] becomes 1 where parameter i is of 4 MiB or more and its memory lies on small pages, else 0. */
THALWEG_API thalweg_status thalweg_params_small_pages(const thalweg_params* params, unsigned char* small,
                                                      size_t count);

/* ---- Chains: texts ---- */

/* The chain with recipes expanded, in canonical form; with `every`, also options at their default. */
THALWEG_API thalweg_status thalweg_chain_print(const char* chain, int every, const char** text);
/* How it would run on these parameters, for people or as JSON. */
THALWEG_API thalweg_status thalweg_chain_explain(const char* chain, const thalweg_params* params, int json,
                                                 const char** text);
/* The same with lengths in updates: shares (5%) of `updates`, epochs (2ep) of `per_epoch`; 0: not known. */
THALWEG_API thalweg_status thalweg_chain_resolve(const char* chain, uint64_t updates, uint64_t per_epoch,
                                                 const char** text);

/* ---- Optimizer: a chain bound to parameters ---- */

typedef struct thalweg_optimizer thalweg_optimizer;
typedef struct thalweg_comm thalweg_comm; /* ranks that step together: thalweg/c_comm.h */

enum { THALWEG_UPDATE_RATIO = 1, THALWEG_NORMS = 2 }; /* statistics, to be added */

typedef struct thalweg_optimizer_options {
  size_t struct_size;
  int threads;           /* that a step may use; 0: all that the process may */
  int grad_norm;         /* 1: measure the gradient's norm */
  int statistics;        /* that every step measures */
  int seconds;           /* 1: measure the time of a step */
  int zero_grad;         /* 1: set gradients to 0 as they are used */
  int most_skips;        /* steps in a row that the policy may skip */
  const char* nonfinite; /* policy: report, error, skip, zero; NULL: report */
  const char* simd;      /* SIMD target; NULL: the best */
  thalweg_comm* comm;    /* NULL: this process alone */
  int whole_state;       /* 1: every rank of comm keeps all of the state */
} thalweg_optimizer_options;
#define THALWEG_OPTIMIZER_OPTIONS_INIT \
  { sizeof(thalweg_optimizer_options), 0, 0, 0, 0, 0, 10, NULL, NULL, NULL, 0 }

typedef struct thalweg_step_input {
  size_t struct_size;
  double weight;    /* of the gradient in a window of `accumulate` */
  double grad_norm; /* its norm where the caller knows it, else negative */
  int last;         /* 1: it closes its window */
  int statistics;   /* in addition to those of the options */
} thalweg_step_input;
#define THALWEG_STEP_INPUT_INIT \
  { sizeof(thalweg_step_input), 1.0, -1.0, 0, 0 }

typedef struct thalweg_report {
  size_t struct_size;
  uint64_t update;             /* updates done, this one included */
  double lr;                   /* rate that it used */
  double grad_norm;            /* of the whole gradient before clipping; NaN when not measured */
  double update_ratio;         /* norm(new - old) / norm(old); NaN when not measured */
  double seconds;              /* 0 when not measured */
  uint64_t nonfinite;          /* elements that are, or would have become, NaN or infinite */
  int64_t nonfinite_parameter; /* the first of them; -1: none */
  uint64_t nonfinite_index;    /* its element */
  int overflows;               /* 1: the gradient was finite, weights or state are not */
  int skipped;                 /* 1: nothing was changed */
  int waits;                   /* 1: added to a window that is not full */
  double mass; /* of a trainer: what its mean loss divides by, samples or the sum of their weights */
} thalweg_report;
#define THALWEG_REPORT_INIT \
  { sizeof(thalweg_report), 0, 0, 0, 0, 0, 0, -1, 0, 0, 0, 0, 0 }

/* NaN where it was not asked for, or the parameter was absent or frozen. */
typedef struct thalweg_parameter_report {
  size_t struct_size;
  double grad_norm, value_norm, update_norm, update_ratio;
} thalweg_parameter_report;
#define THALWEG_PARAMETER_REPORT_INIT \
  { sizeof(thalweg_parameter_report), 0, 0, 0, 0 }

/* `options` may be NULL. */
THALWEG_API thalweg_status thalweg_optimizer_create(thalweg_params* params, const char* chain,
                                                    const thalweg_optimizer_options* options,
                                                    thalweg_optimizer** optimizer);
THALWEG_API thalweg_status thalweg_optimizer_destroy(thalweg_optimizer* optimizer);

/* One update from the present gradients; `input` and `report` may be NULL. In steady state no allocation. */
THALWEG_API thalweg_status thalweg_optimizer_step(thalweg_optimizer* optimizer,
                                                  const thalweg_step_input* input, thalweg_report* report);
/* What the last step measured of one parameter. */
THALWEG_API thalweg_status thalweg_optimizer_parameter_report(thalweg_optimizer* optimizer, size_t index,
                                                              thalweg_parameter_report* report);

/* Sets an option, "lr.value" or "adam.beta1", for the steps to come; NaN: back to the chain's text. */
THALWEG_API thalweg_status thalweg_optimizer_set_option(thalweg_optimizer* optimizer, const char* name,
                                                        double value);
THALWEG_API thalweg_status thalweg_optimizer_observe(thalweg_optimizer* optimizer,
                                                     double metric); /* for plateau */
/* Between these the parameters hold what is to be evaluated: averages, slow weights. No step in between. */
THALWEG_API thalweg_status thalweg_optimizer_begin_averaged(thalweg_optimizer* optimizer);
THALWEG_API thalweg_status thalweg_optimizer_end_averaged(thalweg_optimizer* optimizer);
/* Takes up parameters that were added or thawed since. */
THALWEG_API thalweg_status thalweg_optimizer_replan(thalweg_optimizer* optimizer);
THALWEG_API thalweg_status thalweg_optimizer_loss_scale(thalweg_optimizer* optimizer, double* scale);
THALWEG_API thalweg_status thalweg_optimizer_chain(thalweg_optimizer* optimizer, const char** text);

/* The clock of schedules; that of a parameter counts the updates it took part in. */
THALWEG_API thalweg_status thalweg_optimizer_updates(thalweg_optimizer* optimizer, uint64_t* updates);
THALWEG_API thalweg_status thalweg_optimizer_set_updates(thalweg_optimizer* optimizer, uint64_t updates);
THALWEG_API thalweg_status thalweg_optimizer_clock(thalweg_optimizer* optimizer, size_t index,
                                                   uint64_t* clock);
THALWEG_API thalweg_status thalweg_optimizer_set_clock(thalweg_optimizer* optimizer, size_t index,
                                                       uint64_t clock);

/* State: tensors ("w/adam.m") and numbers ("plateau.rate"), to be read and written between steps. Their
 * memory is the optimizer's and lives as long; after thalweg_optimizer_replan another one is used. */
THALWEG_API thalweg_status thalweg_optimizer_state_bytes(thalweg_optimizer* optimizer, uint64_t* bytes);
THALWEG_API thalweg_status thalweg_optimizer_state_count(thalweg_optimizer* optimizer, size_t* count);
THALWEG_API thalweg_status thalweg_optimizer_state(thalweg_optimizer* optimizer, size_t index,
                                                   thalweg_tensor* state);
THALWEG_API thalweg_status thalweg_optimizer_number_count(thalweg_optimizer* optimizer, size_t* count);
THALWEG_API thalweg_status thalweg_optimizer_number(thalweg_optimizer* optimizer, size_t index,
                                                    thalweg_tensor* number);

/* Checkpoints: one safetensors file with parameters, state, clocks and numbers, put there by atomic
 * replacement: links are followed, a folder, a device or a pipe is refused. Or the same bytes in memory. With
 * `buffer` NULL or too small only `size` is written, and a small one is THALWEG_USAGE. */
THALWEG_API thalweg_status thalweg_optimizer_save(thalweg_optimizer* optimizer, const char* path);
/* The same file, written while the caller goes on: the first returns when all is copied, waits for a save
 * before it and tells what that failed of; the second waits for the file, and tells whether it is there. */
THALWEG_API thalweg_status thalweg_optimizer_begin_save(thalweg_optimizer* optimizer, const char* path);
THALWEG_API thalweg_status thalweg_optimizer_end_save(thalweg_optimizer* optimizer);
THALWEG_API thalweg_status thalweg_optimizer_save_memory(thalweg_optimizer* optimizer, void* buffer,
                                                         size_t capacity, size_t* size);
typedef struct thalweg_load_options {
  size_t struct_size;
  int partial;             /* 1: fills what matches, leaves other parameters as they are */
  int other_chain;         /* 1: of any chain; averages are kept by their meaning, other state starts anew */
  const char* const* from; /* renames: names in the file, `*` for any run of characters, ... */
  const char* const* to;   /* ... and what these are called here */
  size_t renames;
} thalweg_load_options;
#define THALWEG_LOAD_OPTIONS_INIT \
  { sizeof(thalweg_load_options), 0, 0, NULL, NULL, 0 }

/* All or nothing; the message lists every difference. `options` may be NULL: strict. `report`, which may be
 * NULL, gets {"kept": [{"from", "to"}], "fresh": [...], "dropped": [...]}. */
THALWEG_API thalweg_status thalweg_optimizer_load(thalweg_optimizer* optimizer, const char* path,
                                                  const thalweg_load_options* options, const char** report);
THALWEG_API thalweg_status thalweg_optimizer_load_memory(thalweg_optimizer* optimizer, const void* bytes,
                                                         size_t size, const thalweg_load_options* options,
                                                         const char** report);

/* What torch keeps of such an optimizer, its state_dict as safetensors, "state.<index>.exp_avg" or, with
 * `by_name`, "state.<name>.exp_avg": of momentum, adam, rmsprop and adagrad. thalweg/torch_state.h says how
 * torch reads it. */
THALWEG_API thalweg_status thalweg_optimizer_save_torch(thalweg_optimizer* optimizer, const char* path,
                                                        int by_name);
THALWEG_API thalweg_status thalweg_optimizer_load_torch(thalweg_optimizer* optimizer, const char* path,
                                                        const thalweg_load_options* options,
                                                        const char** report);

/* ---- Schedules ---- */

typedef struct thalweg_schedule thalweg_schedule;
/* Lengths as in thalweg_chain_resolve. What stays unresolved is THALWEG_USAGE. */
THALWEG_API thalweg_status thalweg_schedule_create(const char* text, uint64_t updates, uint64_t per_epoch,
                                                   thalweg_schedule** schedule);
THALWEG_API thalweg_status thalweg_schedule_destroy(thalweg_schedule* schedule);
/* The value that the update after k updates uses; and those of k = first, ..., first + count - 1. */
THALWEG_API thalweg_status thalweg_schedule_value(const thalweg_schedule* schedule, uint64_t k,
                                                  double* value);
THALWEG_API thalweg_status thalweg_schedule_values(const thalweg_schedule* schedule, uint64_t first,
                                                   size_t count, double* values);
/* Canonical text; the update at which it ends, 0 where it does not. */
THALWEG_API thalweg_status thalweg_schedule_print(const thalweg_schedule* schedule, int every,
                                                  const char** text);
THALWEG_API thalweg_status thalweg_schedule_total(const thalweg_schedule* schedule, uint64_t* total);

/* ---- Training (libthalweg) ---- */

typedef struct thalweg_model thalweg_model;
typedef struct thalweg_trainer thalweg_trainer;

/* A network from a text, "dense(128) | relu | dense(10)", for samples of the given shape, in float32. Its
 * weights are initial ones of `seed`. */
THALWEG_API thalweg_status thalweg_model_create(const char* text, size_t rank, const int64_t* inputs,
                                                uint64_t seed, thalweg_model** model);
THALWEG_API thalweg_status thalweg_model_destroy(thalweg_model* model);
/* Its parameters: to be read and written, or bound to an optimizer of the caller's. */
THALWEG_API thalweg_status thalweg_model_params(thalweg_model* model, thalweg_params** params);
THALWEG_API thalweg_status thalweg_model_print(const thalweg_model* model, const char** text);
THALWEG_API thalweg_status thalweg_model_outputs(const thalweg_model* model, size_t* outputs);
/* outputs: rows x outputs, as the last layer gives them. threads 0: all that the process may use. */
THALWEG_API thalweg_status thalweg_model_predict(thalweg_model* model, size_t rows, const float* inputs,
                                                 int threads, float* outputs);

/* Samples of the caller, row-major; copied. Labels, or `columns` values each; neither for inputs alone. */
typedef struct thalweg_samples {
  size_t struct_size;
  size_t rows;
  size_t features;       /* of a row */
  const float* inputs;   /* rows x features */
  size_t classes;        /* of the labels */
  const int32_t* labels; /* one a row, 0 to classes - 1, or what the loss ignores; NULL for values */
  size_t columns;        /* of the values */
  const double* values;  /* rows x columns; NULL where there are labels */
  const double* weights; /* one a row, finite and at least 0; NULL: 1 each */
} thalweg_samples;
#define THALWEG_SAMPLES_INIT \
  { sizeof(thalweg_samples), 0, 0, NULL, 0, NULL, 0, NULL, NULL }

typedef struct thalweg_trainer_options {
  size_t struct_size;
  size_t batch;          /* samples; 0: all of them */
  size_t accumulate;     /* batches an update */
  uint64_t epochs;       /* that schedules without a length are planned for */
  uint64_t seed;         /* of the order of the samples */
  int threads;           /* 0: all that the process may use */
  const char* order;     /* shuffle, replacement, file; NULL: shuffle */
  const char* nonfinite; /* as of an optimizer; NULL: report */
  size_t chunk;          /* samples that pass through the model at a time; 0: up to 1,024 */
  int checkpoint; /* parts of the model of which one is kept, the others computed again; 1: all is kept */
  const char* compute;       /* of the products: f32, bf16; NULL: f32 */
  size_t statistics_batches; /* of which averaged weights find those of batch_norm; 0: a whole epoch's */
  int fuse;                  /* 1: a parameter is updated as soon as backpropagation has its gradient */
} thalweg_trainer_options;
#define THALWEG_TRAINER_OPTIONS_INIT \
  { sizeof(thalweg_trainer_options), 64, 1, 20, 1, 0, NULL, NULL, 0, 1, NULL, 0, 0 }

typedef struct thalweg_evaluation {
  size_t struct_size;
  uint64_t samples;
  double loss;          /* mean, as are the others, by the weights of the samples */
  double accuracy;      /* NaN for values */
  double r2, mae, rmse; /* NaN for classes */
  double baseline;      /* without a model: the share of the commonest class, or the rmse of the mean */
  /* NaN for values and where undefined; plain means over the classes that have a number. */
  double balanced_accuracy, precision, recall, f1;
  /* Likewise; measured where struct_size has room for them: all scores are kept and sorted for that. */
  double auc, average_precision, log_loss;
} thalweg_evaluation;
#define THALWEG_EVALUATION_INIT \
  { sizeof(thalweg_evaluation), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* `options` may be NULL. */
THALWEG_API thalweg_status thalweg_trainer_create(thalweg_model* model, const char* loss,
                                                  const char* optimizer, const thalweg_samples* samples,
                                                  const thalweg_trainer_options* options,
                                                  thalweg_trainer** trainer);
THALWEG_API thalweg_status thalweg_trainer_destroy(thalweg_trainer* trainer);
/* One update; `loss` is that of its batch, before it, and may be NULL. A loss that is not finite is
 * THALWEG_DIVERGED, with nothing changed. */
THALWEG_API thalweg_status thalweg_trainer_step(thalweg_trainer* trainer, thalweg_report* report,
                                                double* loss);
/* The updates that are left of an epoch, or a whole one; `loss`, which may be NULL, is their mean. */
THALWEG_API thalweg_status thalweg_trainer_epoch(thalweg_trainer* trainer, double* loss);
/* Of the weights that are to be evaluated: averages, for which what batch_norm keeps is found anew by a pass
 * over the training samples. thalweg_optimizer_begin_averaged does so too for a trainer's optimizer. */
THALWEG_API thalweg_status thalweg_trainer_evaluate(thalweg_trainer* trainer, const thalweg_samples* samples,
                                                    thalweg_evaluation* evaluation);
/* The same and the metrics of each class, by its number, as JSON under the names of `thalweg eval --json`,
 * with null for what is undefined. */
THALWEG_API thalweg_status thalweg_trainer_evaluate_json(thalweg_trainer* trainer,
                                                         const thalweg_samples* samples, const char** json);
/* Its optimizer: state, clocks, averages, checkpoints. */
THALWEG_API thalweg_status thalweg_trainer_optimizer(thalweg_trainer* trainer, thalweg_optimizer** optimizer);

/* Called after every update; anything but 0 stops the run, which can be resumed. */
typedef int (*thalweg_progress)(void* context, const thalweg_report* report, double loss,
                                uint64_t total_updates);

/* A run with its directory, from the keys of a TOML file: data = "csv(train.csv, target=y)", optimizer,
 * epochs, ... `directory` NULL: runs/<n>. `result` is as result.json, or NULL; empty where it was stopped. */
THALWEG_API thalweg_status thalweg_train(const char* settings, const char* directory,
                                         thalweg_progress progress, void* context, const char** result);
/* Continues a run that was stopped, or folds, bit for bit. */
THALWEG_API thalweg_status thalweg_run_resume(const char* directory, int threads, thalweg_progress progress,
                                              void* context, const char** result);
/* As many runs as folds of the rows, each of which holds out another one; `result` is as folds.json. */
THALWEG_API thalweg_status thalweg_train_folds(const char* settings, uint64_t folds, const char* directory,
                                               thalweg_progress progress, void* context, const char** result);
/* A run's weights on `data` - NULL: its own -, as JSON. checkpoint NULL: those that the training gives. */
THALWEG_API thalweg_status thalweg_run_evaluate(const char* directory, const char* data,
                                                const char* checkpoint, int threads, const char** json);

/* What a run's model says of every row; lives until it is destroyed. */
typedef struct thalweg_predictions {
  size_t struct_size;
  size_t rows, columns;
  int classes;              /* 1: columns are classes, and numbers their probabilities or scores */
  const char* const* names; /* of the columns */
  const double* numbers;    /* rows x columns */
  const uint32_t* best;     /* the likeliest column of each row, NULL for values */
  const char* id;           /* the column of the data that tells rows apart; NULL: none */
  const char* const* ids;   /* its cells, one a row; NULL: none */
} thalweg_predictions;
#define THALWEG_PREDICTIONS_INIT \
  { sizeof(thalweg_predictions), 0, 0, 0, NULL, NULL, NULL, NULL, NULL }

typedef struct thalweg_predicted thalweg_predicted;
THALWEG_API thalweg_status thalweg_run_predict(const char* directory, const char* data,
                                               const char* checkpoint, int threads,
                                               thalweg_predicted** predicted);
THALWEG_API thalweg_status thalweg_predicted_read(const thalweg_predicted* predicted,
                                                  thalweg_predictions* read);
THALWEG_API thalweg_status thalweg_predicted_destroy(thalweg_predicted* predicted);

/* ---- Workbench (libthalweg_lab) ---- */

/* Optimizers, chains or "NAME = CHAIN", by one budget over seeds; `format` "json", "text" or "html". */
THALWEG_API thalweg_status thalweg_compare(const char* const* optimizers, size_t count, const char* settings,
                                           uint64_t seeds, uint64_t rates, const char* directory,
                                           const char* format, const char** result);
/* The same over data sets (none: that of `settings`), or `folds` of each (0: none), ranked, with pages. */
THALWEG_API thalweg_status thalweg_study(const char* const* optimizers, size_t count, const char* const* data,
                                         size_t sets, uint64_t folds, const char* settings, uint64_t seeds,
                                         uint64_t rates, const char* directory, const char* format,
                                         const char** result);
/* A rate for the optimizer of `settings`; format "json", "text", "svg" or "html". */
THALWEG_API thalweg_status thalweg_find_rate(const char* settings, const char* format, const char** result);
/* Cases of expected values, files or folders, as JSON. */
THALWEG_API thalweg_status thalweg_verify(const char* const* paths, size_t count, const char** json);
/* A function of two numbers, or a run's directory, with the ways of chains over it; "svg", "html", "json". */
THALWEG_API thalweg_status thalweg_landscape(const char* of, const char* const* chains, size_t count,
                                             uint64_t updates, const char* format, const char** result);
/* Schedules over `updates` updates as a picture; format "svg" or "html". */
THALWEG_API thalweg_status thalweg_schedule_plot(const char* const* schedules, size_t count, uint64_t updates,
                                                 uint64_t per_epoch, const char* format, const char** result);

#ifdef __cplusplus
}
#endif

#endif /* THALWEG_C_H_ */
