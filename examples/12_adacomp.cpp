// AdaComp on handwritten digits: 50 home computers learn to tell digits apart, at their own pace, over one server's
// link. Some crash, some pause and come back stale, some leave; the server waits for nobody.
#include <cstdio>
#include <saddle/algorithm/adacomp_sgd.hpp>
#include <saddle/algorithm/async_server.hpp>
#include <saddle/games.hpp>
#include <saddle/transport/simulated.hpp>

using namespace saddle;

/// Returns the bytes that the server has got when 94 % of the other digits are told right, and prints.
template <class Settings>
double learn(char const* name, samples const& seen, samples const& unseen, Settings const& how) {
  classifier<> const problem(seen, {.hidden = {64}, .batch = 10, .workers = 50});
  simulated devices{.workers = 50, .links = {home}, .compute = compute_time::lognormal(0.05, 0.2, 1)};
  devices.absences = {{0, 2, 20}, {1, 3, 30}, {2, 5, 9, outage::crash}, {3, 0, 4, outage::crash}, {4, 6}};
  async_server server{problem, how, devices, cpu{}};
  double right = 0;
  for (int i = 0; i < 60 && right < 0.94; ++i) {
    server.run(100);
    right = accuracy(problem.network(), server.weights().min, unseen);
  }
  async_report const r = server.report();
  std::printf("%-16s %.1f %% after %4d pushes, %5.1f virtual seconds: %6.2f MB up; staleness %.0f on average\n", name,
              100 * right, static_cast<int>(r.step), r.simulated->seconds, static_cast<double>(r.uplink.total) / 1e6,
              r.mean_staleness);
  return right < 0.94 ? 1e300 : static_cast<double>(r.uplink.total);
}

int main() {
  samples const digits = read_digits(SADDLE_SOURCE_DIR "/examples/data/digits.csv.gz");
  auto const half = [&](int first) {
    samples out{.shape = digits.shape, .bounds = digits.bounds};
    for (int i = first; i < digits.count; i += 2, ++out.count) {
      out.values.insert(out.values.end(), digits[i].begin(), digits[i].end());
      out.labels.push_back(digits.labels[static_cast<std::size_t>(i)]);
    }
    return out;
  };
  samples const seen = half(0), unseen = half(1);
  double const plain = learn("asynchronous SGD", seen, unseen, async_settings<>{.step_size = 0.05});
  double const sparse = learn("AdaComp", seen, unseen, adacomp_sgd(0.03, 0.1));
  return sparse < plain ? 0 : 1;
}
