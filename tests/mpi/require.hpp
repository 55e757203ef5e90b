#pragma once
#include <stdexcept>

namespace test {

/// For programs under mpirun, where every rank may fail: saddle::mpi::guard says which one did. `what` is text.
template <class What>
void require(bool holds, What const& what) {
  if (!holds) throw std::logic_error(what);
}

}  // namespace test
