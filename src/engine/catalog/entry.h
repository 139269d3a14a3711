// How a storey enters what it can name into the catalogue.
#pragma once

#include "base/spec.h"
#include "thalweg/catalog.h"

namespace thalweg {

CatalogEntry catalog_entry(std::string_view kind, const Spec& spec);

}  // namespace thalweg
