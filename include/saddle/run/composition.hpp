#pragma once
#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"
#include "saddle/optimizer/concept.hpp"
#include "saddle/topology/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// Three policies under one name, as a paper has them: fields `optimizer`, `compressor` and `topology`. A trainer takes
/// it in place of the three.
template <class S>
concept composition = optimizer<decltype(S::optimizer)> && compression<decltype(S::compressor)> &&
                      topology<decltype(S::topology)>;

SADDLE_NAMESPACE_END
