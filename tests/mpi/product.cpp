// Every combination that train_gan compiles, on these ranks and in one process: the same weights, the same bytes of
// messages, on wires what MPI was given; and what either has saved the other continues to the same end.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "../../examples/train_gan/composition.hpp"
#include "wires.hpp"

namespace {

bool is_alone = false;  // where the next trainer's workers are

}  // namespace

std::unique_ptr<saddle::communicator> command_line::connection::connect() const {
  if (is_alone) return saddle::loopback{workers}.connect();
  return saddle::mpi{.workers = workers, .deadline = deadline, .server = server}.connect();
}

namespace {

using namespace train_gan;
using saddle::trainer;
using test::bytes_sent, test::require;

struct saved_runs {
  int const rank = boost::mpi::communicator().rank(), ranks = boost::mpi::communicator().size();
  std::string const folder = "product_" + std::to_string(ranks);  // in the working directory

  saved_runs() { std::filesystem::create_directories(folder); }
  ~saved_runs() {
    boost::mpi::communicator().barrier();
    if (rank == 0) std::filesystem::remove_all(folder);
  }
  std::string of_one() const { return folder + "/one" + std::to_string(rank) + ".saddle"; }
  std::string of_all() const { return folder + "/all.saddle"; }
};

trainer<float> make(maker* const m, composition const& how, bool alone) {
  static shared_game const game{std::make_shared<saddle::erased_problem<test::small_game>>(test::small_game{}), {}};
  is_alone = alone;
  return m(game, how);
}

std::string refusal(maker* const m, composition const& how, bool alone) {
  try {
    make(m, how, alone);
  } catch (std::invalid_argument const& e) {
    return e.what();
  }
  return {};
}

/// False where the combination is refused.
bool compare(maker* const m, composition const& how, saved_runs const& files) {
  std::string const by_one = refusal(m, how, true), by_all = refusal(m, how, false);
  require(by_one == by_all, "one process says '" + by_one + "', several '" + by_all + "'");
  if (!by_one.empty()) return false;

  trainer<float> one = make(m, how, true);
  one.run(2);
  one.save(files.of_one());
  one.run(2);
  std::string const what = how.optimizer + ", " + how.compressor + ", " + how.topology + ", " + one.report().details;
  bytes_sent = 0;
  trainer<float> all = make(m, how, false);
  all.run(2);
  all.save(files.of_all());
  all.run(2);
  require(all.report().wire_bytes == bytes_sent, what + ": wire_bytes is what MPI was given");
  auto const same = [&](trainer<float>& t, char const* which) {
    saddle::report const r = t.report(), expected = one.report();
    require(r.uplink == expected.uplink && r.downlink == expected.downlink, what + ", " + which + ": message bytes");
    require(t.digest() == one.digest(), what + ", " + which + ": the weights of one process");
  };
  same(all, "on these ranks");

  trainer<float> continued = make(m, how, true);
  continued.load(files.of_all());
  continued.run(2);
  same(continued, "continued in one process");
  trainer<float> spread = make(m, how, false);
  spread.load(files.rank == 0 ? files.of_one() : "");
  spread.run(2);
  same(spread, "continued on these ranks");
  return true;
}

/// What a topology comes with.
std::vector<composition> topologies() {
  std::vector<composition> all;
  auto const add = [&](std::string topology, auto... change) {
    composition& c = all.emplace_back();
    c.topology = std::move(topology);
    c.downlink = "exact";
    c.step_size = 0.01, c.max_step_size = 0.02;
    c.workers = c.transport.workers = 4;
    c.transport.deadline = std::chrono::minutes(1);
    (change(c), ...);
  };
  auto const in_rounds = [](composition& c) { c.local_steps = 2; };
  add("server");
  add("server", [](composition& c) { c.transport.server = saddle::server_place::star; });
  add("server", [](composition& c) { c.downlink = "qsgd8"; });
  add("server", [](composition& c) { c.adapts = saddle::adapts::on_average; });
  add("server", in_rounds);
  add("ring", in_rounds);
  add("ring", [](composition& c) { c.rounds = 2, c.accelerated = true; });
  add("ring", [](composition& c) { c.order = saddle::gossip_order::combine_then_adapt; });
  for (std::string const& name : graph_names()) add(name);
  return all;
}

int measure() {
  saved_runs const files;
  int compared = 0, refused = 0;
  for (composition const& base : topologies())
    for (compressor_choice const& c : compressors)
      for (feedback_choice const& f : feedbacks) {
        if (!c.lossy && f.kind != saddle::feedback::none) continue;
        auto const with = [&]<class O>(O const*) {
          composition how = base;
          how.optimizer = O::name();
          how.compressor = c.name;
          how.feedback = f.kind;
          if (how.topology != "server" && c.lossy) how.consensus_step = 0.1;
          ++(compare(c.make, how, files) ? compared : refused);
        };
        [&]<class... O>(std::tuple<O...> const*) {
          (with(static_cast<O const*>(nullptr)), ...);
        }(static_cast<optimizers const*>(nullptr));
      }
  if (files.rank == 0)
    std::printf("%d combinations on %d ranks, %d more are refused\n", compared, files.ranks, refused);
  require(compared > 1000, "most combinations are refused");
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return saddle::mpi::guard(argc, argv, measure); }
