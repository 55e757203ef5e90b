// The README's table: seconds that a step would take on a network, for the two perceptrons of MD-GAN.
#include <cstdint>
#include <cstdio>
#include <saddle/saddle.hpp>
#include <saddle/transport/simulated.hpp>
#include <vector>

namespace {

using namespace saddle;

constexpr players parameters{716560, 670219};
constexpr int workers = 8;

simulated cluster(link_kind const& network) {
  return {.workers = workers,
          .links = {network},                                   // datacentre, ethernet, wan, home, or your own
          .compute = compute_time::lognormal(0.04, 0.01, 1.0),  // 40 ms and a tail with a median of 10
          .stragglers = {{7, 2.0}},                             // one worker takes twice as long
          .losses = {.probability = 0.001, .timeout = 0.2}};    // a message in a thousand is sent again
}

/// Bytes of one message of both players, header included.
template <class C>
std::int64_t message(C const& c) {
  int const length = C::bucket == any_bucket ? 512 : C::bucket;
  bucket_layout const layout{parameters, length};
  return wire_bytes<C, float>(layout, layout.of(-1), c);
}

/// The mean over 100 steps; exchange(model, step) is their communication.
template <class Exchange>
void row(char const* name, Exchange const& exchange, all_reduce average = all_reduce::none) {
  std::printf("| %s |", name);
  for (link_kind const& network : {datacentre, ethernet, wan, home}) {
    simulated described = cluster(network);
    described.average = average;
    auto const link = described.connect();
    time_model& time = *link->model();
    for (int step = 1; step <= 100; ++step) {
      time.begin_step(step);
      time.compute(0, false);
      exchange(time, step);
    }
    std::printf(" %.3f |", time.report().seconds / 100);
  }
  std::puts("");
}
void server(char const* name, std::int64_t up, std::int64_t down, all_reduce average = all_reduce::none) {
  row(name, [=](time_model& time, int) { time.serve(up, down); }, average);
}
void graph(char const* name, mixing_graph const& g, std::int64_t bytes) {
  row(name, [&](time_model& time, int step) {
    std::vector<transfer> transfers;
    for (int m = 0; m < workers; ++m)
      for (edge const& e : g.row(step - 1, m))
        if (e.worker != m) transfers.push_back({e.worker, m});
    time.gossip(transfers, bytes);
  });
}

}  // namespace

int main() {
  std::int64_t const dense = message(identity{}), bytes = message(qsgd<512, 8>{}), signs = message(scaled_sign<>{});
  std::puts("| seconds a step | datacentre | ethernet | wan | home |");
  std::puts("| --- | --- | --- | --- | --- |");
  server("server, `identity`", dense, dense);
  server("server, `qsgd<512, 8>`, exact downlink", bytes, dense);
  server("server, `qsgd<512, 8>` both ways", bytes, bytes);
  server("server, `scaled_sign<>` both ways", signs, signs);
  server("all-reduce round a ring, `identity`", dense, dense, all_reduce::ring);
  server("all-reduce by halving, `identity`", dense, dense, all_reduce::halving);
  graph("`ring`, `identity`", ring(workers), dense);
  graph("`ring`, `qsgd<512, 8>`", ring(workers), bytes);
  graph("`one_peer_exponential`, `identity`", one_peer_exponential(workers), dense);
  graph("`one_peer_exponential`, `qsgd<512, 8>`", one_peer_exponential(workers), bytes);
}
