#pragma once
#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"

SADDLE_NAMESPACE_BEGIN

/// A compressor whose promises nobody asks for: for use where theory has no word for it, as a bare sign on a parameter
/// server. Its messages and its name are those of C.
template <class C>
struct heuristic : C {
  static constexpr bool promises_nothing = true;
};
template <class C>
heuristic(C) -> heuristic<C>;

SADDLE_NAMESPACE_END
