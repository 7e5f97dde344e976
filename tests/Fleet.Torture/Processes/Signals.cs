using System.Runtime.InteropServices;

namespace Fleet.Torture.Processes;

/// <summary>The signals .NET has no word for; their numbers are those of Linux.</summary>
internal static partial class Signals
{
    public static void Stop(int process) => Send(process, 19);

    public static void Continue(int process) => Send(process, 18);

    public static void Terminate(int process) => Send(process, 15);

    private static void Send(int process, int signal) => Assert.Equal(0, Kill(process, signal));

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
