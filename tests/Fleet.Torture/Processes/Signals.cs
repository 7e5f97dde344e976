using System.Runtime.InteropServices;

namespace Fleet.Torture.Processes;

/// <summary>The signals .NET has no word for; their numbers are those of Linux.</summary>
internal static partial class Signals
{
    /// <summary>
    /// Stops the process, and returns when each of its threads stands. The signal alone is not enough: until one thread
    /// has taken it, the others go on.
    /// </summary>
    public static Task Stop(int process)
    {
        Send(process, 19);
        return Eventually.Equal(true, () => Task.FromResult(Stands(process)));
    }

    public static void Continue(int process) => Send(process, 18);

    public static void Terminate(int process) => Send(process, 15);

    /// <summary>Whether the state of each thread is T, which follows the name in brackets.</summary>
    private static bool Stands(int process)
    {
        try
        {
            return Directory.GetDirectories($"/proc/{process}/task")
                .Select(thread => File.ReadAllText(Path.Combine(thread, "stat")))
                .All(stat => stat[stat.LastIndexOf(')') + 2] == 'T');
        }
        catch (IOException) // a thread ended meanwhile
        {
            return false;
        }
    }

    private static void Send(int process, int signal) => Assert.Equal(0, Kill(process, signal));

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
