#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <utility>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/aligned.hpp"
#include "saddle/core/atomic_min.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/message_header.hpp"
#include "saddle/train/program.hpp"
#include "saddle/transport/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// Brings the messages of an exchange to the processes that combine them. Nothing to do where there is only one.
///
/// Over a graph a process sends its workers' messages whole to those that host a neighbour, once each. To a server every
/// worker sends each rank the buckets that the rank serves, and hears the average of these from there; what a rank serves
/// is the same part of each player in every exchange, because a server's memory stays where it is.
template <class T>
class messenger {
 public:
  messenger(communicator& between, program<T>& runs, fleet<T> const& all, demands const& needs)
      : link_(between),
        program_(runs),
        first_(all.first),
        hosted_(all.hosted),
        all_(all.all),
        demands_(needs),
        planes_(static_cast<std::size_t>(all.all) + 1) {
    for (int m = 0; m < all.hosted; ++m) own(all.first + m, way::up, all.outgoing[static_cast<std::size_t>(m)]);
    if (needs.relays) own(all.all, way::down, all.server_message);
    if (needs.averages && !link_.is_local() && !served(phase::both).empty())
      for (int j = 0; j < all.all; ++j) hear(j);
  }

  /// Before a step: who hears whom in a round of it.
  void plan(int round, std::span<transfer const> transfers) {
    if (link_.is_local()) return;
    if (static_cast<std::size_t>(round) >= neighbours_.size()) neighbours_.resize(static_cast<std::size_t>(round) + 1);
    neighbourhood& n = neighbours_[static_cast<std::size_t>(round)];
    n = {};
    auto const all = static_cast<std::size_t>(all_);
    std::vector<std::vector<bool>> to(static_cast<std::size_t>(link_.ranks()), std::vector<bool>(all, false));
    std::vector<bool> from(all, false);
    for (auto const& [sender, receiver] : transfers) {
      if (is_hosted(sender) && !is_hosted(receiver))
        to[static_cast<std::size_t>(link_.host_of(receiver))][static_cast<std::size_t>(sender)] = true;
      if (!is_hosted(sender) && is_hosted(receiver)) from[static_cast<std::size_t>(sender)] = true;
    }
    for (int r = 0; r < link_.ranks(); ++r)
      for (int m = first_; m < first_ + hosted_; ++m)
        if (to[static_cast<std::size_t>(r)][static_cast<std::size_t>(m)]) n.out.push_back({r, m});
    for (int j = 0; j < all_; ++j)
      if (from[static_cast<std::size_t>(j)]) {
        n.in.push_back({link_.host_of(j), j});
        hear(j);
      }
  }

  /// The workers' messages set out, and arrive.
  void start_up(std::int64_t step, int round, std::uint64_t exchange, int player, std::span<transfer const> transfers) {
    begin(way::up, exchange);
    if (!link_.is_local() && demands_.averages) {
      for (int r = 0; r < link_.ranks(); ++r)
        for (bucket_range const& part : cut(r, player))
          for (int m = first_; m < first_ + hosted_; ++m) send(r, m, part);
      for (int r = 0; r < link_.ranks(); ++r)
        for (bucket_range const& part : cut(link_.rank(), player))
          for (int j = link_.first_of(r); j < link_.first_of(r + 1); ++j) receive(r, j, part);
    } else if (!link_.is_local()) {
      bucket_range const part = program_.layout().of(player);
      for (auto const& [rank, worker] : neighbours_[static_cast<std::size_t>(round)].out) send(rank, worker, part);
      for (auto const& [rank, worker] : neighbours_[static_cast<std::size_t>(round)].in) receive(rank, worker, part);
    }
    link_.start({step, round, transfers, sends_, receives_});
  }
  /// What the server says sets out, and arrives.
  void start_down(std::int64_t step, int round, std::uint64_t exchange, int player) {
    begin(way::down, exchange);
    for (int r = 0; r < link_.ranks() && !link_.is_local(); ++r)
      for (bucket_range const& part : served(player)) send(r, all_, part);
    for (int r = 0; r < link_.ranks() && !link_.is_local(); ++r)
      for (bucket_range const& part : served_by(r, player)) receive(r, all_, part);
    link_.start({step, round, {}, sends_, receives_});
  }
  /// errors  transport_error, bad_message
  void finish() {
    link_.finish();
    for (incoming_message const& m : arriving_) {
      program_.open(way_, *m.header, planes_[static_cast<std::size_t>(m.key.sender)].on_host, m.key);
      if (m.header->non_finite != no_coordinate) program_.set_non_finite(m.header->blamed, m.header->non_finite);
      if (!program_.in_host_memory()) upload(m);
    }
  }
  /// The buckets that this process averages for all.
  std::vector<bucket_range> served(int player) const { return served_by(link_.rank(), player); }
  std::vector<bucket_range> served_by(int rank, int player) const {
    std::vector<bucket_range> parts;
    bool const one = link_.server() == server_place::star || demands_.one_server;
    for (int p = 0; p < 2; ++p) {
      if (player != phase::both && player != p) continue;
      bucket_range const all = program_.layout().of(p);
      std::int64_t const n = all.last - all.first, ranks = one ? 1 : link_.ranks();
      bucket_range const part{all.first + n * rank / ranks, all.first + n * (rank + 1) / ranks};
      if (rank < ranks && part.first < part.last) parts.push_back(part);
    }
    if (demands_.one_server && parts.size() == 2) parts = {{parts[0].first, parts[1].last}};  // selected from all
    return parts;
  }
  /// Public copies of workers elsewhere, by worker.
  std::vector<std::pair<int, T*>> const& distant_copies() const { return distant_copies_; }

 private:
  struct stop {
    int rank, worker;
  };
  struct neighbourhood {
    std::vector<stop> out, in;
  };
  struct incoming_message {
    message_header* header;
    message_key key;
  };
  /// A message in the executor's memory, and where the host can read and write it.
  struct place {
    message_planes there, on_host;
    aligned_vector<std::byte> mirror;  // empty if both are the same
  };

  bool is_hosted(int worker) const { return worker >= first_ && worker < first_ + hosted_; }
  /// What of a worker's message the server at a rank wants.
  std::vector<bucket_range> cut(int rank, int player) const {
    std::vector<bucket_range> parts = served_by(rank, player);
    if (demands_.whole_uplinks && !parts.empty()) parts = {program_.layout().of(player)};
    return parts;
  }

  void own(int who, way to, message_planes const& there) {
    place& p = planes_[static_cast<std::size_t>(who)];
    p.there = p.on_host = there;
    if (program_.in_host_memory() || link_.is_local()) return;
    p.mirror.resize(static_cast<std::size_t>(program_.planes_bytes(to)));
    p.on_host = program_.planes(to, p.mirror.data());
  }
  /// Makes room for the messages of a worker elsewhere.
  void hear(int worker) {
    if (planes_[static_cast<std::size_t>(worker)].there.begin[0] != nullptr) return;
    auto const bytes = static_cast<std::size_t>(program_.planes_bytes(way::up));
    own(worker, way::up, program_.planes(way::up, program_.allocate_bytes(bytes)));
    T* const copy =
        demands_.mixes_copies() ? program_.allocate(static_cast<std::size_t>(program_.layout().padded())) : nullptr;
    if (copy != nullptr) distant_copies_.emplace_back(worker, copy);
    program_.hear(worker, planes_[static_cast<std::size_t>(worker)].there, copy);
  }

  void begin(way to, std::uint64_t exchange) {
    way_ = to;
    exchange_ = static_cast<std::int64_t>(exchange);
    headers_.clear();
    sends_.clear();
    receives_.clear();
    arriving_.clear();
    if (!link_.is_local()) lowest_ = program_.non_finite();
  }
  /// What a message says of its sender, and the server's of whoever comes first.
  message_status status_of(int who) const {
    int blamed = who;
    if (way_ == way::down)
      for (blamed = 0; blamed < who && lowest_[static_cast<std::size_t>(blamed)] == no_coordinate;) ++blamed;
    return {lowest_[static_cast<std::size_t>(blamed)], blamed};
  }
  void send(int rank, int who, bucket_range const& part) {
    if (rank == link_.rank()) return;
    message_planes const& planes = planes_[static_cast<std::size_t>(who)].on_host;
    if (!program_.in_host_memory()) download(who, part);
    headers_.push_back(program_.seal(way_, planes, {part, exchange_, who}, status_of(who)));
    add(sends_, rank, planes, part);
  }
  void receive(int rank, int who, bucket_range const& part) {
    if (rank == link_.rank()) return;
    message_header& header = headers_.emplace_back();
    add(receives_, rank, planes_[static_cast<std::size_t>(who)].on_host, part);
    arriving_.push_back({&header, {part, exchange_, who}});
  }
  /// The header that was added last, and the parts.
  void add(std::vector<parcel>& to, int rank, message_planes const& planes, bucket_range const& part) {
    to.push_back({rank, std::as_writable_bytes(std::span(&headers_.back(), 1))});
    for (std::span<std::byte> bytes : program_.wire_parts(way_, planes, part)) to.push_back({rank, bytes});
  }
  void download(int who, bucket_range const& part) {
    place const& p = planes_[static_cast<std::size_t>(who)];
    auto const here = program_.wire_parts(way_, p.on_host, part), there = program_.wire_parts(way_, p.there, part);
    for (std::size_t i = 0; i < here.size(); ++i) program_.read_bytes(here[i], there[i].data());
  }
  void upload(incoming_message const& m) {
    place const& p = planes_[static_cast<std::size_t>(m.key.sender)];
    auto const here = program_.wire_parts(way_, p.on_host, m.key.part);
    auto const there = program_.wire_parts(way_, p.there, m.key.part);
    for (std::size_t i = 0; i < here.size(); ++i) program_.write_bytes(there[i].data(), here[i]);
  }

  communicator& link_;
  program<T>& program_;
  int first_, hosted_, all_;
  demands demands_;
  std::vector<place> planes_;  // of each worker's message and the server's
  std::vector<std::pair<int, T*>> distant_copies_;
  std::vector<neighbourhood> neighbours_;  // of each round

  // Of one exchange, kept to reuse their memory.
  way way_ = way::up;
  std::int64_t exchange_ = 0;
  std::deque<message_header> headers_;  // a deque does not move what it holds
  std::vector<parcel> sends_, receives_;
  std::vector<incoming_message> arriving_;
  std::vector<std::int64_t> lowest_;
};

SADDLE_NAMESPACE_END
