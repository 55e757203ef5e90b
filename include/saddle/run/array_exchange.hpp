#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include "saddle/compressor/concept.hpp"
#include "saddle/config.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/exchange/lists.hpp"
#include "saddle/exchange/server_average.hpp"
#include "saddle/kernel/arguments.hpp"
#include "saddle/kernel/check.hpp"
#include "saddle/kernel/incoming.hpp"
#include "saddle/kernel/receive.hpp"
#include "saddle/run/global_selection.hpp"
#include "saddle/run/instruction.hpp"
#include "saddle/step/list.hpp"
#include "saddle/step/name.hpp"
#include "saddle/step/operation.hpp"

SADDLE_NAMESPACE_BEGIN

/// An array that is sent as it is, and where its message goes.
template <class T>
struct array_to_send {
  T const* values = nullptr;
  T* memory = nullptr;  // what is owed, where the compressor keeps that
  message_planes message{};
};

/// Arrays that are sent by hand, outside of a step, by the kernels of one: p = v, or v + e. All pointers are into the
/// executor's memory; layouts have no table, or one that the host and kernels read alike.
template <class T, compression C, class Engine>
class array_exchange {
  using Wire = wire_compressor<C>;
  using Rule = server_average<feedback_of<C>>;
  using Give = chain<gives_gradient, decltype(Rule::gives::template at<T>(0, iteration{}))>;
  using Keep = typename Rule::keeps;
  using Undo = typename Rule::undoes;
  using Otherwise = std::conditional_t<selects_globally<Wire>, typename Rule::otherwise, chain<>>;
  using Take = chain<takes_sum, moves_to>;
  using arguments = launch_arguments<T, Engine>;
  template <class U>
  using staged = typename Engine::template staged<U>;

 public:
  static constexpr int bucket = Wire::bucket == any_bucket ? default_bucket : Wire::bucket;

  /// Reports where p is not finite, and sends nothing. `lowest` has a place for each array.
  void check(Engine& engine, bucket_layout const& layout, std::span<array_to_send<T> const> all,
             std::int64_t* lowest) {
    auto const* const now = publish(engine, give_, {{}, Give{}});
    auto const* const rows = given_.bind(engine, 0, all, arrays_of<Give>());
    engine.run(check_kernel<T, Give, bucket>{layout, now, rows, lowest}, static_cast<int>(all.size()), 0,
               layout.buckets());
  }
  /// The messages of the senders first, first + 1, ...
  void send(Engine& engine, Wire const& how, bucket_layout const& layout, exchange_facts const& facts,
            std::uint32_t first, std::span<array_to_send<T> const> all, std::int64_t* lowest) {
    arguments a = on_all_buckets(how, layout, all.size());
    a.now = publish(engine, give_, {facts, Give{}});
    a.table = given_.bind(engine, first, all, arrays_of<Give>());
    a.kept = kept_.bind(engine, first, all, arrays_of<Keep>());
    a.otherwise = otherwise_.bind(engine, first, all, arrays_of<Otherwise>());
    a.messages = publish_messages(engine, all);
    a.host_messages = host_messages_.data();
    a.non_finite = lowest;
    if constexpr (selects_globally<Wire>) {
      make_room_to_select(engine, layout, all.size());
      a.selection = &selection_;
      a.outgoing = outgoing_.data();
    }
    detail::launch_send<T, Give, names<>, Wire, Keep, Otherwise, bucket>(engine, a);
  }
  /// What was sent was applied nowhere, and is owed again.
  void undo(Engine& engine, Wire const& how, bucket_layout const& layout, exchange_facts const& facts,
            std::uint32_t first, std::span<array_to_send<T> const> all) {
    arguments a = on_all_buckets(how, layout, all.size());
    a.now = publish(engine, give_, {facts, Give{}});
    a.table = kept_.bind(engine, first, all, arrays_of<Undo>());
    a.messages = publish_messages(engine, all);
    sources_.resize(engine, 1);
    sources_[0] = {.messages = nullptr, .terms = nullptr, .count = 0, .skips = true};
    sources_.publish(engine);
    a.sources = sources_.there();
    detail::launch_undo<T, Wire, Undo, bucket>(engine, a);
  }
  /// to[i] = the sum of heard[i], terms over the messages, which senders first, first + 1, ... wrote. A bucket of it
  /// that would not be finite stays as it is, and is reported.
  void receive(Engine& engine, Wire const& how, bucket_layout const& layout, exchange_facts const& facts,
               std::uint32_t first, message_planes const* messages, std::span<std::vector<term<T>> const> heard,
               std::span<T* const> to, std::int64_t* lowest) {
    to_.clear();
    for (T* const one : to) to_.push_back({.values = one});
    std::size_t terms = 0, next = 0;
    for (std::vector<term<T>> const& one : heard) terms += one.size();
    terms_.resize(engine, terms);
    sources_.resize(engine, heard.size());
    for (std::size_t i = 0; i < heard.size(); ++i) {
      sources_[i] = {messages, terms_.there() + next, static_cast<int>(heard[i].size()), first};
      for (term<T> const& one : heard[i]) terms_[next++] = one;
    }
    terms_.publish(engine);
    sources_.publish(engine);
    arguments a = on_all_buckets(how, layout, to.size());
    a.now = publish(engine, take_, {facts, Take{}});
    a.table = given_.bind(engine, 0, std::span<array_to_send<T> const>(to_), arrays_of<Take>());
    a.sources = sources_.there();
    a.non_finite = lowest;
    detail::launch_receive<T, Wire, Take, names<>, bucket>(engine, a);
  }
  /// to += weight * what a message decodes to, or to = that; unlike above whatever it is.
  void decode(Engine& engine, Wire const& how, bucket_layout const& layout, exchange_facts const& facts,
              copy_elsewhere<T> const& one) {
    arguments a = on_all_buckets(how, layout, 1);
    a.now = publish(engine, give_, {facts, Give{}});
    a.copies = publish(engine, copies_, one);
    detail::launch_absorb<T, Wire, bucket>(engine, a);
  }

 private:
  /// Rows of a launch, in the order in which an operation's arrays are listed.
  struct table {
    staged<T*> pointers{};
    staged<array_row<T>> rows{};

    template <class... A>
    array_row<T> const* bind(Engine& engine, std::uint32_t first, std::span<array_to_send<T> const> all, uses<A...>) {
      constexpr std::size_t each = sizeof...(A);
      pointers.resize(engine, each * all.size() + 1);
      rows.resize(engine, all.size());
      for (std::size_t m = 0; m < all.size(); ++m) {
        [[maybe_unused]] std::size_t i = each * m;
        ((pointers[i++] = where(all[m], typename A::name())), ...);
        T* const* const there = pointers.there() + each * m;
        rows[m] = {{there, there}, nullptr, first + static_cast<std::uint32_t>(m)};
      }
      pointers.publish(engine);
      rows.publish(engine);
      return rows.there();
    }
  };
  static T* where(array_to_send<T> const& a, name::g) { return const_cast<T*>(a.values); }
  static T* where(array_to_send<T> const& a, name::x) { return const_cast<T*>(a.values); }
  static T* where(array_to_send<T> const& a, name::e) { return a.memory; }

  static arguments on_all_buckets(Wire const& how, bucket_layout const& layout, std::size_t rows) {
    arguments a;
    a.layout = layout;
    a.on_host = &layout;
    a.part = layout.of(both_players);
    a.rows = static_cast<int>(rows);
    a.compressor = &how;
    return a;
  }
  template <class Data>
  static Data const* publish(Engine& engine, staged<Data>& to, std::type_identity_t<Data> const& data) {
    to.resize(engine, 1);
    to[0] = data;
    to.publish(engine);
    return to.there();
  }
  message_planes const* publish_messages(Engine& engine, std::span<array_to_send<T> const> all) {
    host_messages_.clear();
    messages_.resize(engine, all.size());
    for (std::size_t m = 0; m < all.size(); ++m) {
      host_messages_.push_back(all[m].message);
      messages_[m] = all[m].message;
    }
    messages_.publish(engine);
    return messages_.there();
  }
  void make_room_to_select(Engine& engine, bucket_layout const& layout, std::size_t rows) {
    if (reserved_ < layout.buckets()) selection_.reserve(engine, reserved_ = layout.buckets());
    auto const n = static_cast<std::size_t>(layout.padded());
    if (aside_.size() < rows) aside_.resize(rows);
    outgoing_.clear();
    for (std::size_t m = 0; m < rows; ++m) {
      if (aside_[m].size() < n) aside_[m] = engine.template allocate<T>(n);
      outgoing_.push_back(aside_[m].data());
    }
  }

  // Kept to reuse their memory.
  table given_, kept_, otherwise_;
  staged<launch_data<Give>> give_;
  staged<launch_data<Take>> take_;
  staged<message_planes> messages_;
  std::vector<message_planes> host_messages_;
  staged<term<T>> terms_;
  staged<incoming<T>> sources_;
  staged<copy_elsewhere<T>> copies_;
  std::vector<array_to_send<T>> to_;
  selection_memory<T, Engine> selection_{};
  std::int64_t reserved_ = 0;
  std::vector<typename Engine::template array<T>> aside_;  // p of each sender, to select from it
  std::vector<T*> outgoing_;
};

SADDLE_NAMESPACE_END
