// churn FOLDER PUSHES: AdaComp's server and its workers over the ranks of an MPI program that others stop, kill and
// start: see churn.sh. Trains a classifier of digits on 12 workers, whose gradients take 10 ms each, until so many
// pushes have been applied. Goes on from FOLDER/churn.saddle if that is there, on any number of ranks. Each rank writes
// FOLDER/RANK.pid; the server prints a line each 50 pushes: seconds, pushes, the share of unseen digits that is told
// right, pushes refused, gradients lost, the largest staleness so far, workers left behind.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include <saddle/algorithm/adacomp_sgd.hpp>
#include <saddle/algorithm/async_server.hpp>
#include <saddle/data/digits.hpp>
#include <saddle/mpi.hpp>
#include <saddle/problem/classifier.hpp>

namespace {

using namespace saddle;
using clock = std::chrono::steady_clock;

/// As slow as a device at home, on any machine.
struct slow_classifier : classifier<> {
  using classifier<>::classifier;
  void gradient(point<float const> at, sample s, point<float> out) const {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    classifier<>::gradient(at, s, out);
  }
};

samples half(samples const& all, int first) {
  samples out{.shape = all.shape, .bounds = all.bounds};
  for (int i = first; i < all.count; i += 2, ++out.count) {
    out.values.insert(out.values.end(), all[i].begin(), all[i].end());
    out.labels.push_back(all.labels[static_cast<std::size_t>(i)]);
  }
  return out;
}

int train(std::filesystem::path const& folder, std::int64_t pushes) {
  samples const digits = read_digits(SADDLE_SOURCE_DIR "/examples/data/digits.csv.gz");
  samples const unseen = half(digits, 1);
  slow_classifier const problem(half(digits, 0), {.filters = {8, 16}, .kernel = 3, .hidden = {64}, .batch = 10,
                                                  .workers = 12});
  auto how = adacomp_sgd(0.1, 0.1);
  how.max_staleness = 100;
  async_server server{problem, how, mpi{.workers = 12, .deadline = std::chrono::seconds(2)}, cpu{}};
  std::string const checkpoint = folder / "churn.saddle";
  if (std::filesystem::exists(checkpoint)) server.load(checkpoint);
  std::ofstream(folder / (std::to_string(boost::mpi::communicator{}.rank()) + ".pid")) << getpid() << std::endl;
  server.run(pushes, [&, begin = clock::now()](async_report const& r) {
    if (r.step % 50 == 0) {
      server.save(checkpoint);
      std::printf("%.2f %d %.4f %d %d %d %zu\n", std::chrono::duration<double>(clock::now() - begin).count(),
                  static_cast<int>(r.step), accuracy(problem.network(), server.weights().min, unseen),
                  static_cast<int>(r.refused), static_cast<int>(r.lost), static_cast<int>(r.largest_staleness),
                  r.left_behind.size());
      std::fflush(stdout);
    }
    return r.step < pushes;
  });
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return mpi::guard(argc, argv, [&] {
    if (argc != 3) throw std::invalid_argument("churn FOLDER PUSHES");
    int const status = train(argv[1], std::atoll(argv[2]));
    std::_Exit(status);  // MPI_Finalize would wait for a rank that was killed
    return status;
  });
}
