// The whole library. The optimizer alone needs optimizer.h, which builds without the rest.
#pragma once

#include "thalweg/catalog.h"
#include "thalweg/chain.h"
#include "thalweg/checkpoint.h"
#include "thalweg/dataset.h"
#include "thalweg/error.h"
#include "thalweg/loss.h"
#include "thalweg/module.h"
#include "thalweg/optimizer.h"
#include "thalweg/page.h"
#include "thalweg/params.h"
#include "thalweg/report.h"
#include "thalweg/run.h"
#include "thalweg/schedule.h"
#include "thalweg/study.h"
#include "thalweg/tensor.h"
#include "thalweg/trainer.h"
