#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "saddle/compressor/message_codec.hpp"
#include "saddle/config.hpp"
#include "saddle/core/aligned.hpp"
#include "saddle/core/atomic_min.hpp"
#include "saddle/core/buckets.hpp"
#include "saddle/core/message_header.hpp"
#include "saddle/run/delivery.hpp"
#include "saddle/run/run_state.hpp"
#include "saddle/transport/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// Which way a message goes: from a worker, or from the server.
enum class way { up, down };

/// The buckets that a rank averages for all: the same part of each player in every exchange, because a server's memory
/// stays where it is. One that selects across buckets serves all of them.
inline std::vector<bucket_range> served_by(communicator const& link, bucket_layout const& layout, bool selects,
                                           int rank, int player) {
  std::vector<bucket_range> parts;
  bool const one = link.server() == server_place::star || selects;
  for (int p = 0; p < 2; ++p) {
    if (player != both_players && player != p) continue;
    bucket_range const all = layout.of(p);
    std::int64_t const n = all.last - all.first, ranks = one ? 1 : link.ranks();
    bucket_range const part{all.first + n * rank / ranks, all.first + n * (rank + 1) / ranks};
    if (rank < ranks && part.first < part.last) parts.push_back(part);
  }
  if (selects && parts.size() == 2) parts = {{parts[0].first, parts[1].last}};  // selected from all
  return parts;
}

/// Brings the messages of one exchanged vector to the processes that combine them.
///
/// Over a graph a process sends its workers' messages whole to those that host a neighbour, once each. To a server
/// every worker sends each rank the buckets that the rank serves, and hears the average of these from there.
template <class T>
class messenger {
 public:
  struct kind {
    bool averages, selects_up, selects_down, relays;
  };
  /// For each worker whose messages are to be read here: where, in the executor's memory.
  using on_hear = void (*)(void* self, int worker, message_planes const& there);

  messenger(run_state<T>& run, message_codec<T> const& up, message_codec<T> const& down, kind const& is,
            std::span<message_planes const> outgoing, message_planes const& server_message, void* self,
            on_hear when_heard)
      : run_(run),
        link_(run.link),
        up_(up),
        down_(down),
        is_(is),
        self_(self),
        on_hear_(when_heard),
        planes_(static_cast<std::size_t>(run.workers()) + 1) {
    for (int m = 0; m < run.hosted(); ++m) own(run.first() + m, way::up, outgoing[static_cast<std::size_t>(m)]);
    if (is.relays) own(run.workers(), way::down, server_message);
    if (is.averages && !served(link_.rank(), both_players).empty())
      for (int j = 0; j < run.workers(); ++j) hear(j);
  }

  /// Before a step: who hears whom in a round of it.
  void plan(int round, std::span<transfer const> transfers) {
    if (static_cast<std::size_t>(round) >= neighbours_.size()) neighbours_.resize(static_cast<std::size_t>(round) + 1);
    neighbourhood& n = neighbours_[static_cast<std::size_t>(round)];
    n = {};
    auto const all = static_cast<std::size_t>(run_.workers());
    std::vector<std::vector<bool>> to(static_cast<std::size_t>(link_.ranks()), std::vector<bool>(all, false));
    std::vector<bool> from(all, false);
    for (auto const& [sender, receiver] : transfers) {
      if (run_.is_hosted(sender) && !run_.is_hosted(receiver))
        to[static_cast<std::size_t>(link_.host_of(receiver))][static_cast<std::size_t>(sender)] = true;
      if (!run_.is_hosted(sender) && run_.is_hosted(receiver)) from[static_cast<std::size_t>(sender)] = true;
    }
    for (int r = 0; r < link_.ranks(); ++r)
      for (int m = run_.first(); m < run_.first() + run_.hosted(); ++m)
        if (to[static_cast<std::size_t>(r)][static_cast<std::size_t>(m)]) n.out.push_back({r, m});
    for (int j = 0; j < run_.workers(); ++j)
      if (from[static_cast<std::size_t>(j)]) {
        n.in.push_back({link_.host_of(j), j});
        hear(j);
      }
  }

  /// The workers' messages set out, and arrive.
  void start_up(std::int64_t step, int round, std::uint64_t exchange, int player, std::span<transfer const> transfers) {
    begin(way::up, exchange);
    if (is_.averages) {
      for (int r = 0; r < link_.ranks(); ++r)
        for (bucket_range const& part : cut(r, player))
          for (int m = run_.first(); m < run_.first() + run_.hosted(); ++m)
            if (!run_.is_absent(m, player_of(part))) send(r, m, part);
      for (int r = 0; r < link_.ranks(); ++r)
        for (bucket_range const& part : cut(link_.rank(), player))
          for (int j = link_.first_of(r); j < link_.first_of(r + 1); ++j)
            if (!run_.is_absent(j, player_of(part))) receive(r, j, part);
    } else {
      bucket_range const part = run_.layout.of(player);
      for (auto const& [rank, worker] : neighbours_[static_cast<std::size_t>(round)].out) send(rank, worker, part);
      for (auto const& [rank, worker] : neighbours_[static_cast<std::size_t>(round)].in) receive(rank, worker, part);
    }
    delivery_.start(link_, step, round, transfers);
  }
  /// What the server says sets out, and arrives.
  void start_down(std::int64_t step, int round, std::uint64_t exchange, int player) {
    begin(way::down, exchange);
    for (int r = 0; r < link_.ranks(); ++r)
      for (bucket_range const& part : served(link_.rank(), player)) send(r, run_.workers(), part);
    for (int r = 0; r < link_.ranks(); ++r)
      for (bucket_range const& part : served(r, player)) receive(r, run_.workers(), part);
    delivery_.start(link_, step, round, {});
  }
  /// errors  transport_error, bad_message
  void finish() {
    delivery_.finish(link_, codec(), run_.layout, way_ == way::down, [this](typename delivery<T>::arrived const& m) {
      if (m.header->non_finite != no_coordinate)
        run_.memory.write(run_.lowest + m.header->blamed, &m.header->non_finite, 1);
      if (!run_.memory.on_host()) upload(m.key);
    });
  }

 private:
  struct stop {
    int rank, worker;
  };
  struct neighbourhood {
    std::vector<stop> out, in;
  };
  /// A message in the executor's memory, and where the host can read and write it.
  struct place {
    message_planes there, on_host;
    aligned_vector<std::byte> mirror;  // empty if both are the same
  };

  message_codec<T> const& codec(way w) const { return w == way::up ? up_ : down_; }
  message_codec<T> const& codec() const { return codec(way_); }
  std::vector<bucket_range> served(int rank, int player) const {
    return served_by(link_, run_.layout, is_.selects_down, rank, player);
  }
  /// What of a worker's message the server at a rank wants.
  std::vector<bucket_range> cut(int rank, int player) const {
    std::vector<bucket_range> parts = served(rank, player);
    if (is_.selects_up && !parts.empty()) parts = {run_.layout.of(player)};
    return parts;
  }
  /// Both where a compressor has selected from both.
  int player_of(bucket_range const& part) const {
    bucket_range const max = run_.layout.of(1);
    return part.first >= max.first ? 1 : part.last <= max.first ? 0 : both_players;
  }
  void own(int who, way to, message_planes const& there) {
    place& p = planes_[static_cast<std::size_t>(who)];
    p.there = p.on_host = there;
    if (run_.memory.on_host()) return;
    p.mirror.resize(static_cast<std::size_t>(codec(to).planes_bytes(run_.layout)));
    p.on_host = codec(to).planes(run_.layout, p.mirror.data());
  }
  /// Makes room for the messages of a worker elsewhere.
  void hear(int worker) {
    if (planes_[static_cast<std::size_t>(worker)].there.begin[0] != nullptr) return;
    auto const bytes = static_cast<std::size_t>(up_.planes_bytes(run_.layout));
    own(worker, way::up, up_.planes(run_.layout, run_.memory.allocate_bytes(bytes)));
    on_hear_(self_, worker, planes_[static_cast<std::size_t>(worker)].there);
  }
  void begin(way to, std::uint64_t exchange) {
    way_ = to;
    exchange_ = static_cast<std::int64_t>(exchange);
    delivery_.begin();
    lowest_ = run_.lowest_on_host();
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
    if (!run_.memory.on_host()) download(who, part);
    delivery_.send(rank, codec(), run_.layout, planes, {part, exchange_, who}, status_of(who));
  }
  void receive(int rank, int who, bucket_range const& part) {
    if (rank == link_.rank()) return;
    delivery_.receive(rank, codec(), run_.layout, planes_[static_cast<std::size_t>(who)].on_host,
                      {part, exchange_, who});
  }
  void download(int who, bucket_range const& part) {
    place const& p = planes_[static_cast<std::size_t>(who)];
    auto const here = codec().parts(run_.layout, p.on_host, part), there = codec().parts(run_.layout, p.there, part);
    for (std::size_t i = 0; i < here.size(); ++i)
      run_.memory.read_bytes(here[i].data(), there[i].data(), here[i].size());
  }
  void upload(message_key const& key) {
    place const& p = planes_[static_cast<std::size_t>(key.sender)];
    auto const here = codec().parts(run_.layout, p.on_host, key.part);
    auto const there = codec().parts(run_.layout, p.there, key.part);
    for (std::size_t i = 0; i < here.size(); ++i)
      run_.memory.write_bytes(there[i].data(), here[i].data(), here[i].size());
  }

  run_state<T>& run_;
  communicator& link_;
  message_codec<T> const &up_, &down_;
  kind is_;
  void* self_;
  on_hear on_hear_;
  std::vector<place> planes_;              // of each worker's message and the server's
  std::vector<neighbourhood> neighbours_;  // of each round

  // Of one exchange, kept to reuse their memory.
  way way_ = way::up;
  std::int64_t exchange_ = 0;
  delivery<T> delivery_;
  std::vector<std::int64_t> lowest_;
};

SADDLE_NAMESPACE_END
