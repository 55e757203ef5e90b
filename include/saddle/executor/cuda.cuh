#pragma once
#include <cuda_runtime_api.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <cub/device/device_scan.cuh>
#include <map>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/expects.hpp"
#include "saddle/executor/concept.hpp"
#include "saddle/executor/cuda_check.cuh"
#include "saddle/executor/cuda_handles.cuh"
#include "saddle/executor/cuda_kernels.cuh"
#include "saddle/executor/device_array.cuh"
#include "saddle/lanes/cuda_block.cuh"

SADDLE_NAMESPACE_BEGIN

struct added {
  template <class U>
  SADDLE_HD U operator()(U const& a, U const& b) const {
    return a + b;
  }
};

/// Kernels on one stream of one device, which is the current one where an engine is made. All that a body points to is
/// memory of that device. Nothing here allocates or waits inside of a step.
///
/// errors  cuda_error; std::invalid_argument for graphs of the legacy default stream
struct cuda {
  cuda_stream stream{};  // one of the engine's own; or a given one, of that device, which must outlive the engine
  bool graphs = true;    // from the second of its kind on a step is one launch of a graph
  static constexpr bool in_host_memory = false;

  /// The same with a stream, which all engines that are made of it share.
  cuda opened() const { return {stream.is_set() ? stream : cuda_stream::own(), graphs}; }

  class engine {
   public:
    explicit engine(cuda const& how)
        : device_(current_cuda_device()), shared_(how.opened().stream), stream_(shared_.get()), graphs_(how.graphs) {
      expects(!graphs_ || !shared_.is_legacy(),
              "no graph can be made of the legacy default stream: give another stream, or none, or graphs = false");
      cuda_check(cudaDeviceGetAttribute(&processors_, cudaDevAttrMultiProcessorCount, device_));
    }

    /// Returns when the kernels are in the stream, as all of these do.
    /// errors  cuda_error if they cannot be launched
    template <bucket_body Body>
    void run(Body const& body, int rows, std::int64_t first, std::int64_t last) {
      if (rows < 1 || last <= first) return;
      run_those<buckets_that::are_whole>(body, rows, first, last);
      run_those<buckets_that::are_not>(body, rows, first, last);
    }
    template <class Body>
    void tally(Body const& body, std::int64_t first, std::int64_t last, std::int64_t* totals) {
      if (last <= first) return;
      tally_those<buckets_that::are_whole>(body, first, last, totals);
      tally_those<buckets_that::are_not>(body, first, last, totals);
    }
    template <class F>
    void once(F const& f) {
      device_guard const here(device_);
      run_once<<<1, 1, 0, stream_>>>(f);
      cuda_check(cudaGetLastError());
    }
    template <class U>
    void reserve_scan(std::int64_t n) {
      device_guard const here(device_);
      std::size_t bytes = 0;
      U const* const in = nullptr;
      U* const out = nullptr;
      cuda_check(cub::DeviceScan::ExclusiveScan(nullptr, bytes, in, out, added{}, U{}, n, stream_));
      if (bytes > scan_.size()) scan_ = allocate<std::byte>(bytes);
    }
    template <class U>
    void exclusive_scan(U const* in, U* out, std::int64_t n) {
      device_guard const here(device_);
      std::size_t bytes = scan_.size();
      cuda_check(cub::DeviceScan::ExclusiveScan(scan_.data(), bytes, in, out, added{}, U{}, n, stream_));
    }
    /// The first time of a kind as it is, when modules are loaded and libraries allocate; then from the kind's graph.
    template <class F>
    void replay(int kind, F const& f) {
      device_guard const here(device_);
      recording& r = recordings_[kind];  // which stays where it is when others come
      if (!r.has_run || !graphs_) {
        f();
        r.has_run = true;
        return;
      }
      if (!r.graph) r.graph = captured(f);
      cuda_check(cudaGraphLaunch(r.graph.get(), stream_));
    }
    void forget_recordings() {
      for (auto& [kind, r] : recordings_) r.graph.reset();
    }
    /// Here and now: what f does on the device is a matter of its stream.
    template <class F>
    void each(std::int64_t n, F const& f) {
      device_guard const here(device_);
      for (std::int64_t i = 0; i < n; ++i) f(i);
    }
    int threads() const { return 1; }
    cudaStream_t stream() const { return stream_; }
    int device() const { return device_; }

    template <class U>
    using array = device_array<U>;
    template <class U>
    array<U> allocate(std::size_t n) {
      device_guard const here(device_);
      return {n, stream_};
    }

    /// Copied through pinned memory, a few steps ahead of the device.
    template <class U>
    class staged {
     public:
      /// Waits for the device and moves if there is no room.
      void resize(engine& e, std::size_t n) {
        values_.resize(n);
        if (n > there_.size()) {
          there_ = e.allocate<U>(n + n / 2);
          published_.clear();
        }
      }
      U& operator[](std::size_t i) { return values_[i]; }
      U* there() { return there_.data(); }
      /// Copies if there is something new; waits only for copies that are several steps old.
      void publish(engine& e) {
        std::size_t const bytes = values_.size() * sizeof(U);
        if (bytes == 0) return;
        if (published_.size() == bytes && std::memcmp(published_.data(), values_.data(), bytes) == 0) return;
        device_guard const here(e.device_);
        slot& s = slots_[next_++ % std::size(slots_)];
        if (!s.copied) {
          cudaEvent_t event;
          cuda_check(cudaEventCreateWithFlags(&event, cudaEventDisableTiming));
          s.copied = e.owned(event);
        } else {
          cuda_check(cudaEventSynchronize(s.copied.get()));
        }
        if (s.bytes < bytes) {
          void* p;
          cuda_check(cudaMallocHost(&p, bytes));
          s.pinned = e.owned(static_cast<std::byte*>(p));
          s.bytes = bytes;
        }
        std::memcpy(s.pinned.get(), values_.data(), bytes);
        cuda_check(cudaMemcpyAsync(there_.data(), s.pinned.get(), bytes, cudaMemcpyHostToDevice, e.stream_));
        cuda_check(cudaEventRecord(s.copied.get(), e.stream_));
        published_.assign(s.pinned.get(), s.pinned.get() + bytes);
      }

     private:
      struct slot {
        cuda_unique<std::byte*> pinned;
        std::size_t bytes = 0;
        cuda_unique<cudaEvent_t> copied;
      };
      std::vector<U> values_;
      std::vector<std::byte> published_;
      device_array<U> there_;
      slot slots_[4];
      std::size_t next_ = 0;
    };

    /// Waits for the stream.
    template <class U>
    void read(U* host, U const* there, std::size_t n) const {
      device_guard const here(device_);
      move(host, there, n, cudaMemcpyDeviceToHost);
      cuda_check(cudaStreamSynchronize(stream_));
    }
    template <class U>
    void write(U* there, U const* host, std::size_t n) {
      device_guard const here(device_);
      move(there, host, n, cudaMemcpyHostToDevice);
      cuda_check(cudaStreamSynchronize(stream_));
    }
    template <class U>
    void copy(U* to, U const* from, std::size_t n) {
      device_guard const here(device_);
      move(to, from, n, cudaMemcpyDeviceToDevice);
    }

   private:
    template <buckets_that Which, class Body>
    void run_those(Body const& body, int rows, std::int64_t first, std::int64_t last) {
      std::int64_t const n = most_buckets<Which, Body::length>(body.layout, first, last);
      if (n == 0) return;
      device_guard const here(device_);
      using group = cuda_block<cuda_lanes<Body::length>>;
      std::int64_t const most = Which == buckets_that::are_whole ? 0x7FFFFFFF : 8 * processors_;
      dim3 const grid(static_cast<unsigned>(std::min(blocks_for<group>(n), most)),
                      static_cast<unsigned>(std::min(rows, 65535)));  // the rest in strides
      run_buckets<Which, group><<<grid, threads_of<group>, 0, stream_>>>(body, rows, first, last);
      cuda_check(cudaGetLastError());
    }
    template <buckets_that Which, class Body>
    void tally_those(Body const& body, std::int64_t first, std::int64_t last, std::int64_t* totals) {
      std::int64_t const n = most_buckets<Which, Body::length>(body.layout, first, last);
      if (n == 0) return;
      device_guard const here(device_);
      using group = cuda_block<cuda_lanes<Body::length>>;
      auto const blocks = std::min<std::int64_t>(blocks_for<group>(n), 8 * processors_);
      tally_buckets<Which, group>
          <<<static_cast<unsigned>(blocks), threads_of<group>, 0, stream_>>>(body, first, last, totals);
      cuda_check(cudaGetLastError());
    }
    template <class Group>
    static std::int64_t blocks_for(std::int64_t buckets) {
      constexpr int groups = threads_of<Group> / Group::lanes;
      return (buckets + groups - 1) / groups;
    }
    template <class U>
    void move(U* to, U const* from, std::size_t n, cudaMemcpyKind kind) const {
      if (n > 0) cuda_check(cudaMemcpyAsync(to, from, n * sizeof(U), kind, stream_));
    }
    template <class Handle>
    cuda_unique<Handle> owned(Handle handle) const {
      return cuda_unique<Handle>(handle, cuda_deleter(device_));
    }
    template <class F>
    cuda_unique<cudaGraphExec_t> captured(F const& f) const {
      cuda_check(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal));
      cudaGraph_t graph = nullptr;
      try {
        f();
      } catch (...) {
        cudaStreamEndCapture(stream_, &graph);
        cudaGetLastError();  // what f threw says more
        if (graph != nullptr) owned(graph);
        throw;
      }
      cuda_check(cudaStreamEndCapture(stream_, &graph));
      cuda_unique<cudaGraph_t> const owner = owned(graph);
      cudaGraphExec_t ready;
      cuda_check(cudaGraphInstantiate(&ready, graph, 0));
      return owned(ready);
    }
    struct recording {
      bool has_run = false;
      cuda_unique<cudaGraphExec_t> graph;
    };

    int device_, processors_ = 1;
    cuda_stream shared_;
    cudaStream_t stream_;
    device_array<std::byte> scan_;
    std::map<int, recording> recordings_;  // of each kind
    bool graphs_;
  };
};

static_assert(executor<cuda> && !runs_in_host_memory<cuda>);

SADDLE_NAMESPACE_END
