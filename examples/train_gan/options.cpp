#include "options.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>

#include "../command_line/arguments.hpp"
#include "../command_line/data_set.hpp"
#include "../command_line/option_values.hpp"

namespace train_gan {
namespace {

/// What a method presets.
struct method {
  std::string_view name, optimizer, compressor, topology;
  std::string_view feedback = "memory", adapts = "worker", correction = "none";
  int workers = 4, local_steps = 1;
};
// FL-GAN's workers step discriminator first, and meet once an epoch: 14 batches of 32 are a quarter of the digits.
constexpr method methods[] = {
    {"dqgan", "optimistic-adam", "qsgd8", "server"},
    {.name = "cpoadam", .optimizer = "optimistic-adam", .compressor = "identity", .topology = "server",
     .adapts = "average"},
    {.name = "cpoadam-gq", .optimizer = "optimistic-adam", .compressor = "qsgd8", .topology = "server",
     .feedback = "none", .adapts = "average"},
    {"dposg", "omd", "identity", "ring"},
    {"dp-oadam", "optimistic-adam", "identity", "ring"},
    {"rand-dp-oadam", "optimistic-adam", "identity", "random-rings"},
    {"cp-osg", "omd", "identity", "server"},
    {"cp-oadam", "optimistic-adam", "identity", "server"},
    {.name = "fl-gan", .optimizer = "alternating-max-first-adam-adam", .compressor = "identity", .topology = "server",
     .local_steps = 14},
    {.name = "local-sgda", .optimizer = "sgda", .compressor = "identity", .topology = "server", .local_steps = 5},
    {.name = "local-extragradient", .optimizer = "extragradient", .compressor = "identity", .topology = "server",
     .local_steps = 5},
    {.name = "fedgda-gt", .optimizer = "sgda", .compressor = "identity", .topology = "server", .correction = "tracked",
     .local_steps = 5},
    {.name = "scaffold", .optimizer = "sgda", .compressor = "identity", .topology = "server", .correction = "controlled",
     .local_steps = 5},
    {.name = "gt-gda", .optimizer = "sgda", .compressor = "identity", .topology = "ring", .correction = "tracked"},
    {.name = "gt-eg", .optimizer = "extragradient", .compressor = "identity", .topology = "ring", .correction = "tracked"},
    {.name = "k-gt", .optimizer = "sgda", .compressor = "identity", .topology = "ring", .correction = "controlled",
     .local_steps = 5},
    {.name = "local", .optimizer = "optimistic-adam", .compressor = "identity", .topology = "server", .workers = 1}};

/// What --help says of the recipes.
std::vector<std::vector<std::string>> defaults(gan_program const& program) {
  auto const number = [](double x) {
    char text[32];
    return std::string(text, std::to_chars(text, text + sizeof text, x).ptr);
  };
  std::vector<std::vector<std::string>> rows = {{"--data", program.widths, "--latent", "--batch", "--steps", "--r1",
                                                 "--average-decay", "--step-size of adam's kind", "and others"}};
  for (recipe const& r : program.recipes) {
    std::string widths;
    for (int const w : r.widths) widths.append(widths.empty() ? "" : ",").append(std::to_string(w));
    rows.push_back({std::string(r.data), widths, std::to_string(r.latent), std::to_string(r.batch),
                    std::to_string(r.steps), number(r.r1), number(r.average_decay), number(r.adaptive[0]),
                    number(r.plain[0])});
  }
  return rows;
}

bool is_adaptive(std::string const& optimizer) { return optimizer.ends_with("adam"); }

std::vector<saddle::link_kind> const networks = {saddle::datacentre, saddle::ethernet, saddle::wan, saddle::home};

std::vector<std::string> optimizer_names() {
  return []<class... O>(std::tuple<O...> const*) {
    return std::vector<std::string>{O::name()...};
  }(static_cast<optimizers const*>(nullptr));
}
constexpr struct {
  std::string_view name;
  saddle::gan_loss loss;
} losses[] = {{"non-saturating", saddle::gan_loss::non_saturating},
              {"saturating", saddle::gan_loss::saturating},
              {"wasserstein", saddle::gan_loss::wasserstein}};
constexpr struct {
  std::string_view name;
  saddle::buffer_rule rule;
} buffer_rules[] = {{"averaged", saddle::buffer_rule::averaged},
                    {"own", saddle::buffer_rule::own},
                    {"first", saddle::buffer_rule::first}};

template <class List>
std::vector<std::string> names_in(List const& list) {
  std::vector<std::string> names;
  for (auto const& one : list) names.emplace_back(one.name);
  return names;
}
[[noreturn]] void refuse(std::string const& why) { throw std::invalid_argument(why); }

/// What fits no combination; what no compiled combination has, the combinations refuse themselves.
void check(options const& o) {
  composition const& p = o.policies;
  bool const server = p.topology == "server", lossy = p.compressor != "identity";
  if (server && p.rounds != 1) refuse("--rounds goes with a graph, not with a server");
  if (server && p.order != saddle::gossip_order::adapt_then_combine)
    refuse("--order goes with a graph, not with a server");
  if (!server && p.downlink != "exact") refuse("--downlink goes with a server, not with a graph");
  if (!server && p.feedback == saddle::feedback::difference)
    refuse("--error-feedback ef21 goes with a server: it adds up averages, and a graph has none");
  if (p.adapts == saddle::adapts::on_average && (!server || p.downlink != "exact" || p.local_steps != 1))
    refuse("--adapts average goes with a server, an exact downlink and an exchange in every step");
  if (p.correction != "none" && (lossy || p.accelerated || p.adapts == saddle::adapts::on_average || p.downlink != "exact"))
    refuse("--correction goes with identity, an exact downlink and plain rounds, and adapts on the workers");
  if (p.accelerated && (server || lossy || p.local_steps != 1))
    refuse("--accelerated goes with identity on a graph, and an exchange in every step");
  if (o.buffers == "first" && !server)
    refuse("--buffers first goes with a server, not with a graph");
  if (!o.buffers.empty() && o.buffers != "own" && p.accelerated)
    refuse("--accelerated goes with --buffers own: its rounds go beyond the mean, and a variance would become negative");
  if (p.local_steps != 1 && p.downlink != "exact") refuse("--local-steps goes with an exact downlink");
  if (!server && p.transport.server == saddle::server_place::star)
    refuse("--star goes with a server, not with a graph");
  if (p.consensus_step && (server || !lossy))
    refuse("--consensus-step goes with a lossy compressor on a graph");
  bool const varies = p.topology == "one-peer-exponential" || p.topology == "random-rings";
  if (varies && lossy && p.feedback == saddle::feedback::none && p.workers > 2)
    refuse(p.compressor + " without error feedback needs the same neighbours in every step, and " + p.topology +
           " changes them");
  if (p.transport.network && under_mpirun()) refuse("--network models other processes, and mpirun has started some");
}

}  // namespace

options parse(gan_program const& program, int argc, char** argv) {
  options o;
  composition& p = o.policies;
  gan_sizes& g = o.sizes;
  o.method = "dqgan";
  o.data = "digits";
  o.loss = "non-saturating";
  if (program.of_modules) o.buffers = "averaged";
  p.downlink = "exact";
  std::optional<std::string> optimizer, compressor, topology;
  double deadline = 300;
  bool star = false;
  std::string network;
  std::optional<int> workers, local_steps, batch, latent, threads;
  std::optional<double> step_size, max_step_size, r1, box, decay;
  std::vector<int> widths;
  std::optional<std::string> feedback, adapts, correction;
  std::string order = "adapt-then-combine", grouping = "model", partition = "iid";

  CLI::App app{program.about, program.name};
  app.get_formatter()->column_width(34);
  CLI::Validator const positive = between(1, 1 << 24);
  CLI::Validator const above_zero = number<double>([](double x) { return x > 0 && std::isfinite(x); }, "above 0");
  CLI::Validator const not_negative = number<double>([](double x) { return x >= 0 && std::isfinite(x); }, "from 0 on");

  std::vector<std::string> topologies = graph_names();
  topologies.insert(topologies.begin(), "server");
  std::vector<std::string> const orders = {"adapt-then-combine", "combine-then-adapt"};
  std::string group;
  auto const add = [&](char const* name, auto& value, std::string const& about) {
    return app.add_option(name, value, about)->group(group);
  };

  group = "What";
  add("--data", o.data, std::string(program.data_names) + " (default digits)");
  add("--labels", o.labels,
      "The samples' classes for --partition: an IDX file of labels, or text with one number from 0 to 255 a line");
  add("--partition", partition, "Of the data over the workers: " + std::string(partition_names) + " (default iid)");
  add("--method", o.method, "Presets the policies: " + listed(names_in(methods)) +
                                 " (default dqgan, with the Adam directions of its experiments; "
                                 "with --optimizer omd it is the rule of its theorem)")
      ->check(one_of(names_in(methods)));
  add_length(app, o, group);
  add("--seed", p.run.seed, "Same seed, same weights (default 1)")
      ->check(between(std::uint64_t{0}, std::numeric_limits<std::uint64_t>::max()));

  group = "Policies";
  add("--optimizer", optimizer, listed(optimizer_names()))->check(one_of(optimizer_names()));
  add("--step-size", step_size, "The generator's")->check(above_zero);
  add("--max-step-size", max_step_size, "The discriminator's (default: --step-size where that is given)")
      ->check(above_zero);
  add("--compressor", compressor, listed(names_in(compressors)) +
                                      " (or sign; ternary is qsgd2). qsgd rounds at random; where that is no contraction "
                                      "and one is needed, for error feedback and on graphs, qsgd2 and qsgd4 round to "
                                      "nearest and random-k sends values as they are. The summary names what was taken")
      ->transform(one_of(names_in(compressors), {{"sign", "scaled-sign"}, {"ternary", "qsgd2"}}));
  add("--error-feedback", feedback, "What is kept of what a lossy compressor does not send: " +
                                        listed(names_in(feedbacks)) + " (default the method's, else the first)")
      ->check(one_of(names_in(feedbacks)));
  add("--grouping", grouping, "model, or tensor: no bucket straddles two, global-top-k selects in each (default model)")
      ->check(one_of({"model", "tensor"}));
  add("--topology", topology, listed(topologies) + " (or parameter-server). A torus is a square; erdos-renyi joins " +
                                  "every two workers with probability 1/2")
      ->transform(one_of(topologies, {{"parameter-server", "server"}}));
  add("--adapts", adapts,
      "On a server: worker, each to its own gradients, or average, all to theirs (default the method's)")
      ->check(one_of({"worker", "average"}));
  add("--correction", correction,
      "Workers that differ come to one solution: " + listed(names_in(corrections)) +
          "; with sgda and adam, tracked with extragradient, too (default the method's)")
      ->check(one_of(names_in(corrections)));
  add("--downlink", p.downlink, "The server's: exact, or qsgd8 with error feedback (default exact)")
      ->check(one_of({"exact", "qsgd8"}));
  if (program.of_modules)
    add("--buffers", o.buffers, "What batch normalization keeps: averaged with the weights, each worker's own, or the first "
                              "worker's for all (default averaged)")
        ->check(one_of(names_in(buffer_rules)));
  add("--consensus-step", p.consensus_step, "How far lossy gossip mixes (default 0.1)")
      ->check(between(0.0, 1.0));
  add("--rounds", p.rounds, "Gossip rounds a step (default 1)")->check(positive);
  app.add_flag("--accelerated", p.accelerated, "The rounds of a step build on each other (Chebyshev)")->group(group);
  add("--order", order, listed(orders) + " (default the first)")->check(one_of(orders));
  add("--local-steps", local_steps, "Steps from exchange to exchange; between them each worker is alone (default 1)")
      ->check(positive);
  add("--workers", workers, "Each with its part of the data")->check(positive);
  add("--deadline", deadline, "Seconds that a process waits for another one under mpirun (default 300)")
      ->check(between(0.001, 1e9));
  app.add_flag("--star", star, "Under mpirun, one process serves all parameters and not each a part")->group(group);
  add("--network", network, "Tells what the run would take on one: " + listed(names_in(networks)))
      ->check(one_of(names_in(networks)));
  add("--gradient-seconds", p.transport.gradient_seconds, "What a gradient takes there (default 0.01)")
      ->check(number<double>([](double x) { return x >= 0 && x < 1e9; }, "of seconds"));
  add("--threads", threads, "Changes no bit (default: one a worker, where there are processors; under mpirun 1)")
      ->check(between(1, 4096));

  group = "Game";
  add("--batch", batch, "Real samples a worker and gradient")->check(positive);
  add(program.widths, widths, program.about_widths)->delimiter(',')->check(positive);
  add("--latent", latent, "Numbers that the generator makes a sample of")->check(positive);
  add("--loss", o.loss, listed(names_in(losses)) + " (default the first)")->check(one_of(names_in(losses)));
  add("--r1", r1, "Weight of the penalty on the discriminator's slope")->check(not_negative);
  add("--box", box, "Keeps the discriminator's weights in [-BOX, BOX]")->check(above_zero);
  add("--average-decay", decay, "Of the averaged weights that generate; 0: no averaging")
      ->check(between(0.0, 0.999999999));

  add_outputs(app, o, program.of_modules);
  add_footer(app, program.examples, defaults(program));
  parse_arguments(app, argc, argv);

  method const& preset = *std::find_if(std::begin(methods), std::end(methods),
                                       [&](method const& m) { return m.name == o.method; });
  auto const best = std::find_if(program.recipes.begin(), program.recipes.end(), [&](recipe const& r) {
    return r.data == o.data || (r.data.ends_with(':') && o.data.starts_with(r.data));
  });
  if (best == program.recipes.end())
    refuse("--data: there is no '" + o.data + "', only " + program.data_names);

  p.optimizer = optimizer.value_or(std::string(preset.optimizer));
  p.compressor = compressor.value_or(std::string(preset.compressor));
  p.topology = topology.value_or(std::string(preset.topology));
  p.workers = workers.value_or(preset.workers);
  p.local_steps = local_steps.value_or(preset.local_steps);
  p.correction = correction.value_or(std::string(preset.correction));
  bool const lossy = p.compressor != "identity";
  for (feedback_choice const& f : feedbacks)
    if (lossy && f.name == feedback.value_or(std::string(preset.feedback))) p.feedback = f.kind;
  if (adapts.value_or(std::string(p.topology == "server" ? preset.adapts : "worker")) == "average")
    p.adapts = saddle::adapts::on_average;
  if (order == "combine-then-adapt") p.order = saddle::gossip_order::combine_then_adapt;
  auto const& sizes = is_adaptive(p.optimizer) ? best->adaptive : best->plain;
  p.step_size = step_size.value_or(sizes[0]);
  p.max_step_size = max_step_size.value_or(step_size.value_or(sizes[1]));
  int const processors = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  p.threads = threads.value_or(under_mpirun() ? 1 : std::min(p.workers, processors));
  p.transport.workers = p.workers;
  p.transport.deadline = std::chrono::milliseconds(static_cast<std::int64_t>(1000 * deadline));
  if (star) p.transport.server = saddle::server_place::star;
  for (saddle::link_kind const& kind : networks)
    if (kind.name == network) p.transport.network = kind;
  if (double const keeps = decay.value_or(best->average_decay); keeps > 0) {
    p.run.average = saddle::averaging::exponential;
    p.run.decay = keeps;
  }
  if (grouping == "tensor") p.run.grouping = saddle::grouping::per_tensor;
  for (auto const& [name, loss] : losses)
    if (name == o.loss) g.loss = loss;
  for (auto const& [name, rule] : buffer_rules)
    if (name == o.buffers) p.run.buffers = rule;
  if (box) p.run.max_box = {-*box, *box};

  g.widths = widths.empty() ? best->widths : widths;
  g.latent = latent.value_or(best->latent);
  g.batch = batch.value_or(best->batch);
  g.r1 = r1.value_or(best->r1);
  g.workers = p.workers;
  g.partition = partition_of(partition);

  complete(o, best->steps);
  check(o);
  if (!p.consensus_step && p.topology != "server" && lossy) p.consensus_step = 0.1;
  return o;
}

}  // namespace train_gan
