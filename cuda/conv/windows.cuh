// The operands of convolutions as products on the tensor cores: images whose windows are the rows or columns of a matrix
// that is never written, and the filters. implicit_gemm.cu says which products they make.
#pragma once

#include "conv/phases.cuh"
#include "mma/gemm.cuh"

namespace convolt::CONVOLT_BACKEND {

// An index of outputs [n,d,h,w], or of taps [d,h,w,channels], as what it adds to an address and to positions.
struct WindowPlace {
  int64_t offset;
  int d, h, w;
};

// The matrix of an image's windows [outputs,taps*channels]. OUTER: which of the two is the outer index.
enum class OuterIs { output, tap };
template <class T, OuterIs OUTER>
struct Windows {
  using Element = T;
  static constexpr Major kMajor = OUTER == OuterIs::output ? Major::depth : Major::outer;
  using Outer = WindowPlace;
  using Depth = WindowPlace;

  const T* data;  // [n,d,h,w,pitch], of which `channels` from element `first` on
  WindowAxis d, h, w;
  Divisor channels;
  int pitch;
  int64_t first = 0;

  DEV WindowPlace outer(int i, bool inside) const {
    WindowPlace found = place<OUTER>(i, inside);
    found.offset += first;
    return found;
  }
  DEV WindowPlace depth(int k, bool inside) const { return place<OUTER == OuterIs::output ? OuterIs::tap : OuterIs::output>(k, inside); }
  DEV bool is_inside(const WindowPlace& outer, const WindowPlace& depth) const {
    return unsigned(outer.d + depth.d) < unsigned(d.extent) && unsigned(outer.h + depth.h) < unsigned(h.extent) &&
           unsigned(outer.w + depth.w) < unsigned(w.extent);
  }
  DEV const T* at(const WindowPlace& outer, const WindowPlace& depth) const {
    return is_inside(outer, depth) ? data + outer.offset + depth.offset : nullptr;
  }

 private:
  template <OuterIs WHICH>
  DEV WindowPlace place(int index, bool inside) const {
    constexpr int nowhere = -(1 << 30);  // no position that is added to it lies in an image
    if (!inside) return {0, nowhere, nowhere, nowhere};
    int channel = 0, n = 0, of_d, of_h, of_w;
    if constexpr (WHICH == OuterIs::output) {
      n = index;
      int rest = w.outputs.divide(n);
      of_w = n * w.stride + w.first;
      n = h.outputs.divide(rest);
      of_h = rest * h.stride + h.first;
      rest = d.outputs.divide(n);
      of_d = n * d.stride + d.first;
      n = rest;
    } else {
      channel = index;
      int tap = channels.divide(channel), rest = w.taps.divide(tap);
      of_w = tap * w.step;
      tap = h.taps.divide(rest);
      of_h = rest * h.step;
      of_d = tap * d.step;
    }
    return {(((int64_t(n) * d.extent + of_d) * h.extent + of_h) * w.extent + of_w) * pitch + channel, of_d, of_h, of_w};
  }
};

// ---- the phases of an input gradient ----

constexpr int kMostPhases = 4;  // of an axis in one launch

// The filters, for a phase: element (tap * k + filter, c) of the product is w[filter, first_tap + tap * tap_step, c].
template <class T>
struct PhaseFilters {
  using Element = T;
  static constexpr Major kMajor = Major::outer;
  struct Place {
    int64_t offset;  // negative: outside
  };
  using Outer = Place;
  using Depth = Place;

  const T* data;  // [k,t,r,s,c], its first filter at element `first`
  int64_t first;
  int r, s, c;
  int64_t filter;  // elements
  Divisor k;
  Divisor taps_r, taps_s;
  int first_t, step_t, first_r, step_r, first_s, step_s;

  DEV Place outer(int i, bool inside) const { return {inside ? first + i : -1}; }
  DEV Place depth(int index, bool inside) const {
    if (!inside) return {-1};
    int of_k = index, of_s = k.divide(of_k), of_r = taps_s.divide(of_s), of_t = taps_r.divide(of_r);
    of_t = first_t + of_t * step_t, of_r = first_r + of_r * step_r, of_s = first_s + of_s * step_s;
    return {of_k * filter + ((int64_t(of_t) * r + of_r) * s + of_s) * c};
  }
  DEV const T* at(Place outer, Place depth) const { return (outer.offset | depth.offset) < 0 ? nullptr : data + outer.offset + depth.offset; }
};

// Rows of a phase in dx [n,d,h,w,pitch], of whose channels those from element `first` on.
struct PhaseRows {
  Phase d, h, w;
  int extent_d, extent_h, extent_w, pitch;
  int64_t first;

  DEV int64_t place(int i) const {
    int of_h = w.windows.outputs.divide(i), of_d = h.windows.outputs.divide(of_h), n = d.windows.outputs.divide(of_d);
    const int64_t line = (int64_t(n) * extent_d + d.first + of_d * d.stride) * extent_h + h.first + of_h * h.stride;
    return first + (line * extent_w + w.first + i * w.stride) * pitch;
  }
};

// The phases of one launch, numbered along w, then h, then d, and last by slices of `k` and `c` channels. They read the same
// rows of dy.
template <class T>
struct PhaseProducts {
  using A = Windows<T, OuterIs::output>;
  using B = PhaseFilters<T>;

  const T* dy;
  const T* weights;
  Divisor k;
  int n, extent_d, extent_h, extent_w, c;
  int dy_pitch, dx_pitch;
  int r, s;
  int64_t filter;
  int phases_d = 0, phases_h = 0, phases_w = 0, neighbours = 0;
  Phase d[kMostPhases] = {}, h[kMostPhases] = {}, w[kMostPhases] = {};

  DEV int columns() const { return c; }
  DEV Product<A, B, PhaseRows> product(int index) const {
    const int phases = phases_d * phases_h * phases_w, slice = index / phases, z = index % phases, filters = int(k.divisor);
    const Phase &of_w = w[z % phases_w], &of_h = h[z / phases_w % phases_h], &of_d = d[z / phases_w / phases_h];
    const A a{dy, of_d.windows, of_h.windows, of_w.windows, k, dy_pitch, int64_t(slice) * filters};
    const B b{weights, slice * filters * filter, r, s, c, filter, k, of_h.windows.taps, of_w.windows.taps,
              of_d.first_tap, of_d.tap_step, of_h.first_tap, of_h.tap_step, of_w.first_tap, of_w.tap_step};
    const int taps = phase_taps(of_d) * phase_taps(of_h) * phase_taps(of_w);
    const PhaseRows rows{of_d, of_h, of_w, extent_d, extent_h, extent_w, dx_pitch, int64_t(slice) * c};
    return {a, b, rows, n * of_d.elements * of_h.elements * of_w.elements, c, 0, taps * filters};
  }

 private:
  static DEV int phase_taps(const Phase& phase) { return phase.first_tap < 0 ? 0 : int(phase.windows.taps.divisor); }
};

}  // namespace convolt::CONVOLT_BACKEND
