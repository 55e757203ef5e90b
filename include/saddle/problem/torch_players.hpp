#pragma once
#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <locale>
#include <memory>
#include <span>
#include <sstream>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/counter_rng.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/core/players.hpp"
#include "saddle/problem/concept.hpp"
#include "saddle/problem/torch_scope.hpp"
#include "saddle/problem/torch_views.hpp"

SADDLE_NAMESPACE_BEGIN

/// What a std::shared_ptr or a holder (TORCH_MODULE) of a module holds.
template <class Holder>
using torch_module_in = std::remove_reference_t<decltype(*std::declval<Holder&>())>;

/// Writes the initial values of a module's parameters; what it makes of buffers is not kept. Random numbers that it draws
/// without a generator depend on the run's seed.
using torch_initializer = std::function<void(torch::nn::Module&)>;

/// What problems have in common whose players are torch modules: one module a player, replicas of them for the workers,
/// and what trainers ask of a problem but for its gradients.
///
/// replicas  made by clone() when a worker is first asked for; a copy of the problem clones again
/// weights   views of the trainer's arrays: nothing is copied
/// device    of the replicas, see torch_cuda.cuh; the modules that it is made of, initial weights and buffers stay in
///           the host's memory
/// buffers   the modules' floating-point buffers, one after the other; counters (num_batches_tracked) are left out
template <class... Modules>
class torch_players {
 public:
  using scalar = float;

  torch_players(Modules const&... modules, int workers, torch_initializer initialize)
      : modules_(clone_of(modules)...), initialize_(std::move(initialize)) {
    expects(workers >= 1, "torch: there is at least one worker");
    for_each(modules_, expect_floats);
    replicas_.resize(static_cast<std::size_t>(workers));
    sizes_ = {torch_count(parameters(player::min)), torch_count(parameters(player::max))};
  }
  torch_players(torch_players const& other)
      : modules_(other.copies()),
        initialize_(other.initialize_),
        device_(other.device_),
        sizes_(other.sizes_),
        replicas_(other.replicas_.size()) {}
  torch_players(torch_players&&) = default;
  torch_players& operator=(torch_players const& other) { return *this = torch_players(other); }
  torch_players& operator=(torch_players&&) = default;

  /// Where gradients are taken from now on, with weights that lie there.
  void to(torch::Device device) {
    device_ = device;
    for (auto& r : replicas_) r.reset();
  }
  torch::Device device() const { return device_; }

  players sizes() const { return sizes_; }
  int workers() const { return static_cast<int>(replicas_.size()); }
  /// The first extent, and all others.
  std::vector<tensor> tensors(player who) const {
    std::vector<tensor> all;
    for (torch::Tensor const& t : parameters(who)) {
      std::int64_t const rows = t.dim() == 0 ? 1 : t.size(0);
      all.push_back({rows, rows == 0 ? 0 : t.numel() / rows});
    }
    return all;
  }
  /// The weights that the modules had when the problem was made; with an initializer what that makes of them. Processes
  /// must make equal ones: without an initializer each calls torch::manual_seed first.
  void initial(std::uint64_t seed, point<float> w) const {
    if (initialize_) {
      torch_players fresh(*this);
      torch_scope const scope({.seed = seed, .use = purpose::initial_weights}, at::get_num_threads());
      torch::NoGradGuard const no_gradients;
      for_each(fresh.modules_, std::exchange(fresh.initialize_, nullptr));
      return fresh.initial(seed, w);
    }
    for (int p = 0; p < 2; ++p) torch_flatten(parameters(static_cast<player>(p)), w.of(p));
  }
  point<float> gradient_buffers(int worker) const {
    auto& views = replica_of(worker).views;
    if constexpr (sizeof...(Modules) == 1) return {views[0].gradient(), {}};
    else return {views[0].gradient(), views[1].gradient()};
  }
  void bind_weights(int worker, point<float> w) {
    auto& views = replica_of(worker).views;
    for (std::size_t p = 0; p < views.size(); ++p) views[p].bind(w.of(static_cast<int>(p)));
  }
  std::span<float> buffers(int worker) const { return torch_span(replica_of(worker).buffers); }

 protected:
  struct replica {
    std::tuple<std::shared_ptr<Modules>...> modules;
    std::vector<torch_views> views;  // one a player
    torch::Tensor buffers;
    std::vector<torch::Tensor> host_buffers, device_buffers;  // views of it and what they mirror; none on the host
  };

  /// Each worker's is used by one thread at a time.
  replica& replica_of(int worker) const {
    expects(worker >= 0 && worker < workers(), "torch: there is no such worker");
    std::unique_ptr<replica>& r = replicas_[static_cast<std::size_t>(worker)];
    if (!r) r = std::make_unique<replica>(made(copies(), device_));
    return *r;
  }
  void look_at(replica& r, player who, std::span<float const> w) const {
    auto const p = static_cast<int>(who);
    expects(static_cast<std::int64_t>(w.size()) == sizes_.of(p), "torch: weights have the player's size");
    r.views[static_cast<std::size_t>(p)].look_at(w);
  }
  void look_at(replica& r, point<float const> w) const {
    for (std::size_t p = 0; p < r.views.size(); ++p)
      look_at(r, static_cast<player>(p), w.of(static_cast<int>(p)));
    copy_each(r.host_buffers, r.device_buffers);
  }
  /// After the last pass of a gradient.
  static void keep_buffers(replica& r) { copy_each(r.device_buffers, r.host_buffers); }
  /// What a source of batches gave, on the device.
  torch::Tensor here(torch::Tensor const& t) const { return t.to(device_); }
  torch::data::Example<> here(torch::data::Example<> const& e) const { return {here(e.data), here(e.target)}; }
  template <class B>
  B here(B b) const {
    expects(device_.is_cpu(), "torch: on a device a batch is a Tensor or an Example");
    return b;
  }
  /// Writes the gradient of a loss by one player's parameters, or of the sum of a tensor times `along`.
  void differentiate(replica& r, player who, torch::Tensor const& of, std::span<float> out, bool keep_graph = false,
                     torch::Tensor const& along = {}) const {
    auto const p = static_cast<int>(who);
    expects(static_cast<std::int64_t>(out.size()) == sizes_.of(p), "torch: a gradient has the player's size");
    r.views[static_cast<std::size_t>(p)].differentiate(of, along, keep_graph, out);
  }
  /// Of the buffers of all modules those of one.
  template <std::size_t P, class T>
  std::span<T> buffers_of(std::span<T> all) const {
    if (all.empty()) return all;
    std::array<std::size_t, sizeof...(Modules) + 1> first{};
    for_each(modules_, [&, i = 0u](auto const& m) mutable {
      first[i + 1] = first[i] + static_cast<std::size_t>(torch_count(torch_buffers_of(m)));
      ++i;
    });
    expects(all.size() == first.back(), "torch: these are not the modules' buffers");
    return all.subspan(first[P], first[P + 1] - first[P]);
  }
  /// A module with these weights and buffers for the user.
  template <std::size_t P>
  auto module_with(std::span<float const> weights, std::span<float const> buffers) const {
    auto const made = clone_of(*std::get<P>(modules_));
    torch::NoGradGuard const no_gradients;
    auto const fill = [](std::vector<torch::Tensor> to, float const* from) {
      auto const views = torch_views_of(const_cast<float*>(from), to);  // only read
      for (std::size_t i = 0; i < to.size(); ++i) to[i].copy_(views[i]);
    };
    expects(static_cast<std::int64_t>(weights.size()) == torch_count(made->parameters()),
            "torch: weights have the player's size");
    fill(made->parameters(), weights.data());
    if (buffers.empty()) return made;
    auto const own = torch_buffers_of(*made);
    expects(static_cast<std::int64_t>(buffers.size()) == torch_count(own), "torch: these are not the module's buffers");
    fill(own, buffers.data());
    return made;
  }
  /// Structure, and what all parameters are, on one line.
  std::string structure() const {
    std::string text;
    for_each(modules_, [&](torch::nn::Module const& m) {
      std::ostringstream out;
      out.imbue(std::locale::classic());
      out << m;
      for (auto const& p : m.named_parameters()) out << ' ' << p.key() << p.value().sizes();
      for (char const c : out.str())
        if (c != '\n') text += c;
      text += ' ';
    });
    return text;
  }

 private:
  /// In another module with the same values. What requires no gradient does not there either: clone() forgets it.
  template <class M>
  static std::shared_ptr<M> clone_of(M const& m) {
    torch_scope const scope({}, at::get_num_threads());  // clone() draws values, and overwrites them
    auto copy = std::dynamic_pointer_cast<M>(m.clone());
    auto const from = m.parameters(), to = copy->parameters();
    for (std::size_t i = 0; i < from.size(); ++i) to[i].requires_grad_(from[i].requires_grad());
    return copy;
  }
  template <class F>
  static void for_each(std::tuple<std::shared_ptr<Modules>...> const& all, F&& f) {
    std::apply([&](auto const&... m) { (f(*m), ...); }, all);
  }
  auto copies() const {
    return std::apply([](auto const&... m) { return std::tuple(clone_of(*m)...); }, modules_);
  }
  static void copy_each(std::vector<torch::Tensor> const& from, std::vector<torch::Tensor> const& to) {
    torch::NoGradGuard const no_gradients;
    for (std::size_t i = 0; i < from.size(); ++i) to[i].copy_(from[i]);
  }
  static replica made(std::tuple<std::shared_ptr<Modules>...> modules, torch::Device device) {
    replica r{std::move(modules), {}, {}, {}, {}};
    std::vector<torch::Tensor> buffers;
    for_each(r.modules, [&](torch::nn::Module& m) {
      if (!device.is_cpu()) m.to(device);
      r.views.emplace_back(m, device);
      for (torch::Tensor const& t : torch_buffers_of(m)) buffers.push_back(t);
    });
    r.buffers = torch::empty({torch_count(buffers)});
    torch_flatten(buffers, torch_span(r.buffers));
    auto views = torch_views_of(torch_span(r.buffers).data(), buffers);
    if (device.is_cpu()) {
      for (std::size_t i = 0; i < views.size(); ++i) buffers[i].set_data(views[i]);
    } else {
      r.host_buffers = std::move(views);
      r.device_buffers = std::move(buffers);
    }
    return r;
  }
  std::vector<torch::Tensor> parameters(player who) const {
    std::vector<torch::Tensor> all;
    for_each(modules_, [&, p = 0](auto const& m) mutable {
      if (p++ == static_cast<int>(who)) all = m.parameters();
    });
    return all;
  }

  std::tuple<std::shared_ptr<Modules>...> modules_;
  torch_initializer initialize_;
  torch::Device device_ = torch::kCPU;
  players sizes_;
  mutable std::vector<std::unique_ptr<replica>> replicas_;
};

SADDLE_NAMESPACE_END
