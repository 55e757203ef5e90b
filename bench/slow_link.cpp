// slow_link COMPRESSOR STEPS: seconds a step, and bytes that a process puts on wires in it, for two workers of 2^22
// parameters with gradients that cost next to nothing. In two processes their messages go over a link. In one process
// none does, and its two threads do what the two processes would: that is what encoding and decoding take.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <saddle/mpi.hpp>
#include <stdexcept>
#include <string>

namespace {

using namespace saddle;

/// f_m(x, y) = (x - a_m)'(y - a_m), where a_m is a vector of numbers between 0 and 1.
struct shifted_rotation {
  using scalar = float;
  players sizes() const { return {1 << 21, 1 << 21}; }
  void initial(std::uint64_t, point<float> w) const {
    for (int p = 0; p < 2; ++p)
      for (float& x : w.of(p)) x = 1;
  }
  void gradient(point<float const> at, sample s, point<float> out) const {
    for (std::size_t i = 0; i < out.min.size(); ++i) {
      float const shift = static_cast<float>((i + 331 * static_cast<std::size_t>(s.worker)) % 1021) / 1021;
      out.min[i] = at.max[i] - shift;
      out.max[i] = shift - at.min[i];
    }
  }
};

template <class C>
void measure_with(C const& compressor, int steps) {
  mpi const transport{.workers = 2};
  int const threads = boost::mpi::communicator{}.size() == 1 ? 2 : 1;
  trainer t{shifted_rotation{}, sgda{1e-3}, compressor, parameter_server<>{}, transport, cpu{threads}};
  t.run(4);  // pages are touched, connections made
  report const before = t.report();
  t.run(steps);
  report const after = t.report();
  if (t.first_worker() == 0)
    std::printf("%.6g %.6g\n", (after.seconds - before.seconds) / steps,
                static_cast<double>(after.wire_bytes - before.wire_bytes) / steps);
}

void measure(std::string const& compressor, int steps) {
  if (steps < 1) throw std::invalid_argument("STEPS is a number from 1 on");
  if (compressor == "dense") measure_with(identity{}, steps);
  else if (compressor == "qsgd8") measure_with(error_feedback{qsgd<512, 8>{}}, steps);
  else if (compressor == "qsgd4") measure_with(qsgd<512, 4>{}, steps);
  else if (compressor == "sign") measure_with(error_feedback{scaled_sign<>{}}, steps);
  else if (compressor == "top-k") measure_with(error_feedback{top_k<512, 5>{}}, steps);
  else if (compressor == "global-top-k") measure_with(error_feedback{global_top_k<>{0.01}}, steps);
  else throw std::invalid_argument("there is no compressor '" + compressor + "'");
}

}  // namespace

int main(int argc, char** argv) {
  return mpi::guard(argc, argv, [&] {
    if (argc != 3) throw std::invalid_argument("it takes COMPRESSOR STEPS");
    measure(argv[1], std::atoi(argv[2]));
    return 0;
  });
}
