#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "saddle/algorithm/attendance.hpp"
#include "saddle/algorithm/md_gan_settings.hpp"
#include "saddle/compressor/concept.hpp"
#include "saddle/compressor/identity.hpp"
#include "saddle/config.hpp"
#include "saddle/core/counter_rng.hpp"
#include "saddle/core/message_bytes.hpp"
#include "saddle/train/message_channel.hpp"
#include "saddle/transport/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// Discriminators change places along a random cyclic order, so that nobody keeps its own: MD-GAN's exchange. What the
/// pair keeps beside their weights goes along.
template <class T, compressor C, class Copies, class Engine>
class discriminator_exchange {
  template <class U>
  using array = typename Engine::template array<U>;

 public:
  /// buffers: of each hosted worker, of one size.
  discriminator_exchange(C how, Copies& discriminators, std::vector<std::span<T>> buffers, exchanged_state state,
                         std::uint64_t seed)
      : discriminators_(discriminators),
        state_(state),
        states_(state == exchanged_state::stays ? std::vector<std::string>{} : discriminators.states()),
        seed_(seed),
        weights_(std::move(how), discriminators.layout().sizes.min, 0, seed),
        planes_({}, discriminators.layout().sizes.min, 0, seed),
        buffers_(std::move(buffers)) {
    if (buffers_.empty() || buffers_[0].empty()) return;
    with_buffers_.emplace(identity{}, static_cast<std::int64_t>(buffers_[0].size()), 0, seed);
    carried_.assign(buffers_.size(), array<T>(with_buffers_->padded()));
  }

  /// All who are present take part, more than one.
  /// errors  transport_error, bad_message
  void run(Engine& engine, communicator& link, attendance const& who, std::int64_t step) {
    draw_order(who.present.size(), step);
    routes_.clear();
    transfers_.clear();
    for (std::size_t i = 0; i < next_.size(); ++i) {
      int const from = who.present[next_[i]], to = who.present[i];
      routes_.push_back({static_cast<int>(next_[i]), link.host_of(from), link.host_of(to)});
      transfers_.push_back({from, to});
    }
    auto const lowest = bring(engine, link, weights_, md_gan_exchange::discriminators, who, step, 1,
                              [this](int local) { return arrays({"w"}, local); });
    overflown_.assign(lowest.begin(), lowest.end());
    if (state_ == exchanged_state::moves)
      bring(engine, link, planes_, md_gan_exchange::states, who, step, states_.size(),
            [this](int local) { return arrays(states_, local); });
    if (with_buffers_) bring_buffers(engine, link, who, step);
    for (int const i : who.here) {
      discriminators_.settle(i);
      if (state_ == exchanged_state::resets)
        for (std::string const& name : states_) std::ranges::fill(discriminators_.padded(name, i), T(0));
    }
  }
  /// Bytes of a discriminator, and of what goes along.
  message_bytes each() const {
    message_bytes all = weights_.size();
    if (state_ == exchanged_state::moves)
      for (std::size_t p = 0; p < states_.size(); ++p) all += planes_.size();
    if (with_buffers_) all += with_buffers_->size();
    return all;
  }
  // Of the latest one.
  std::span<transfer const> transfers() const { return transfers_; }
  std::span<std::int64_t const> lowest() const { return weights_.lowest(); }
  std::span<std::int64_t const> lowest_of_buffers() const {
    return with_buffers_ ? with_buffers_->lowest() : std::span<std::int64_t const>{};
  }
  /// Of each discriminator that came here the lowest coordinate that was not finite, or `none`: its bucket stayed away.
  std::span<std::int64_t const> overflown() const { return overflown_; }

 private:
  /// Of those present, the i-th gets the discriminator of number next_[i].
  void draw_order(std::size_t n, std::int64_t step) {
    next_.resize(n);
    std::iota(next_.begin(), next_.end(), std::size_t{0});
    random_sequence random({.seed = seed_, .use = purpose::graph, .exchange = static_cast<std::uint64_t>(step)});
    for (std::size_t i = n - 1; i > 0; --i)  // Sattolo's algorithm: one cycle, each as likely
      std::swap(next_[i], next_[random.below(static_cast<std::uint32_t>(i))]);
  }
  std::vector<T*> arrays(std::vector<std::string> const& names, int local) {
    std::vector<T*> all;
    for (std::string const& name : names) all.push_back(discriminators_.padded(name, local).data());
    return all;
  }
  void bring_buffers(Engine& engine, communicator& link, attendance const& who, std::int64_t step) {
    auto const carried = [this](int local) -> array<T>& { return carried_[static_cast<std::size_t>(local)]; };
    auto const own = [this](int local) { return buffers_[static_cast<std::size_t>(local)]; };
    for (int const i : who.here) std::ranges::copy(own(i), carried(i).begin());
    bring(engine, link, *with_buffers_, md_gan_exchange::buffers, who, step, 1,
          [&](int local) { return std::vector<T*>{carried(local).data()}; });
    for (int const i : who.here) std::copy_n(carried(i).begin(), own(i).size(), own(i).begin());
  }
  /// So many arrays of each worker, of(local), each a message of its own.
  template <class Channel, class Of>
  std::span<std::int64_t const> bring(Engine& engine, communicator& link, Channel& by, md_gan_exchange what,
                                      attendance const& who, std::int64_t step, std::size_t each, Of const& of) {
    std::vector<route> routes;
    for (route const& one : routes_)
      for (std::size_t p = 0; p < each; ++p)
        routes.push_back({static_cast<int>(static_cast<std::size_t>(one.sender) * each + p), one.from, one.to});
    std::vector<T const*> sent;
    std::vector<T*> to;
    std::vector<std::vector<term<T>>> heard;
    for (std::size_t i = 0; i < who.here.size(); ++i) {
      std::vector<T*> const own = of(who.here[i]);
      sent.insert(sent.end(), own.begin(), own.end());
      to.insert(to.end(), own.begin(), own.end());
      for (std::size_t p = 0; p < each; ++p)
        heard.push_back({{static_cast<int>(next_[who.first_here + i] * each + p), T(1)}});
    }
    by.encode(engine, exchange_number(step, what), next_.size() * each, who.first_here * each, sent, {});
    by.deliver(link, step, static_cast<int>(what), routes);
    return by.combine(engine, heard, to);
  }

  Copies& discriminators_;
  exchanged_state state_;
  std::vector<std::string> states_;  // arrays of an optimizer that go along, or begin anew
  std::uint64_t seed_;
  message_channel<T, C, Engine> weights_;
  message_channel<T, identity, Engine> planes_;
  std::vector<std::span<T>> buffers_;
  std::optional<message_channel<T, identity, Engine>> with_buffers_;
  std::vector<array<T>> carried_;
  std::vector<std::size_t> next_;
  std::vector<route> routes_;
  std::vector<transfer> transfers_;
  std::vector<std::int64_t> overflown_;
};

SADDLE_NAMESPACE_END
