#pragma once
// What the programs under mpirun share: what goes over wires, counted where MPI is given it, and a game.
#include <mpi.h>

#include <cstdint>
#include <set>

#include "require.hpp"
#include "saddle/mpi.hpp"

namespace test {

inline std::int64_t bytes_sent = 0;
inline std::set<int> partners;

/// x_i meets y_i, with something else on every worker and in every step.
struct small_game {
  using scalar = float;
  static saddle::players sizes() { return {300, 513}; }
  static void initial(std::uint64_t seed, saddle::point<float> w) {
    saddle::random_sequence random({.seed = seed, .use = saddle::purpose::initial_weights});
    for (auto part : {w.min, w.max})
      for (float& x : part) x = static_cast<float>(random.normal());
  }
  static void gradient(saddle::point<float const> at, saddle::sample s, saddle::point<float> out) {
    auto const offset = static_cast<float>(s.worker + 1) / 16 + static_cast<float>(s.step % 3) / 64;
    for (std::size_t i = 0; i < at.min.size(); ++i) out.min[i] = at.max[i] + offset;
    for (std::size_t i = 0; i < at.max.size(); ++i) out.max[i] = i < at.min.size() ? -at.min[i] - offset : at.max[i];
  }
};

}  // namespace test

/// Instead of the library's, which is called PMPI_Isend. A program includes this once.
extern "C" int MPI_Isend(void const* from, int count, MPI_Datatype type, int to, int tag, MPI_Comm where,
                         MPI_Request* request) {
  int size = 0;
  PMPI_Type_size(type, &size);
  test::bytes_sent += std::int64_t{count} * size;
  test::partners.insert(to);
  return PMPI_Isend(from, count, type, to, tag, where, request);
}
