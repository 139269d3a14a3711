// Transforms that the program has added.
#pragma once

#include <vector>

#include "transforms/transform.h"

namespace thalweg {

const Transform* find_custom_transform(std::string_view name);  // null: there is none
std::vector<const Transform*> custom_transforms();              // in the order of registration

}  // namespace thalweg
