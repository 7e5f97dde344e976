using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Fleet.Benchmarks.Load;

/// <summary>
/// Waits for answers on many sockets in one thread, as wrk does: the runtime's own asynchronous sockets would cost the
/// two cores several times as much, and the sides would be measured with what is left.
/// </summary>
internal sealed partial class SocketPoll(IReadOnlyList<Socket> sockets)
{
    private const short Readable = 1;
    private const int Interrupted = 4;

    private readonly Watched[] _watched = [.. sockets.Select(socket => new Watched((int)socket.Handle, Readable, 0))];

    /// <summary>Waits until a socket has something to read, or the time is over.</summary>
    /// <param name="atMost">Null waits for ever; the resolution is that of the system's timers, far below a ms.</param>
    /// <returns>How many sockets have something; ask <see cref="HasSomething"/> which.</returns>
    public int Wait(TimeSpan? atMost)
    {
        var time = atMost is { } limit ? TimeFor(limit) : default;
        var found = Poll(_watched, _watched.Length, atMost is null ? null : [time], 0);
        if (found >= 0) return found;
        var error = Marshal.GetLastPInvokeError();
        return error is Interrupted ? 0 : throw new InvalidOperationException($"ppoll failed with error {error}.");
    }

    public bool HasSomething(int socket) => _watched[socket].Found != 0;

    private static TimeSpec TimeFor(TimeSpan span) =>
        new((nint)(span.Ticks / TimeSpan.TicksPerSecond), (nint)(span.Ticks % TimeSpan.TicksPerSecond * 100));

    [LibraryImport("libc", EntryPoint = "ppoll", SetLastError = true)]
    private static partial int Poll(
        [In, Out] Watched[] sockets, nint count, [In] TimeSpec[]? atMost, nint signals);

    private readonly record struct Watched(int Handle, short Wanted, short Found);

    private readonly record struct TimeSpec(nint Seconds, nint Nanoseconds);
}
