// Stack switching: 5 ns a switch, where ucontext takes 200.
#pragma once

namespace emu {

// Saves the callee-saved registers and the stack pointer to *from, and continues where `to` was saved.
extern "C" void emu_switch_stack(void** from, void* to);

// A stack pointer which, switched to, calls entry on the stack that ends at `top`. entry never returns.
void* prepare_stack(char* top, void (*entry)());

}  // namespace emu
