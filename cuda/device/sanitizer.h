// What AddressSanitizer must be told: which memory is out of bounds, and which stack a fiber runs on.
#pragma once

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
inline void __sanitizer_start_switch_fiber(void**, const void*, unsigned long) {}
inline void __sanitizer_finish_switch_fiber(void*, const void**, unsigned long*) {}
#endif

// For functions that switch stacks: their locals must not live on ASan's fake stack, which a switch may free.
#define EMU_NO_ASAN __attribute__((no_sanitize("address")))
