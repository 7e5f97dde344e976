using System.CommandLine;
using Grpc.Core;
using Spectre.Console;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli;

/// <summary>
/// The verb that shows the fleet live in the terminal, or prints a line of numbers regularly where there is no
/// terminal.
/// </summary>
internal static class TopVerb
{
    private const int MaxSeconds = 3_600, MaxLooks = 1_000_000;

    /// <summary>The most readers that are asked for at once.</summary>
    private const int MaxReaders = 500;

    private static readonly TimeSpan ScreenEvery = TimeSpan.FromSeconds(1), LineEvery = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How often the screen is drawn: often enough that keys react at once and running times advance.
    /// </summary>
    private static readonly TimeSpan Frame = TimeSpan.FromMilliseconds(100);

    public static Command BuildCommand(CommandLine line)
    {
        var store = OptionFactory.CreateText("--store", "store", "Only this store.");
        var every = OptionFactory.CreateNumber("--every", "seconds",
            "How often to look. Default 1, and 5 without a terminal.", 1,
            MaxSeconds);
        var looks = OptionFactory.CreateNumber("--count", "number", "End after so many looks.", 1, MaxLooks);
        return line.BuildVerb("top", "All readers live: q ends it, arrows scroll, f filters, / searches.",
            session => ReaderListing.UntilInterrupted(session, () =>
            {
                var screen = session.Terminal.HasScreen && !session.Json;
                var period = session.IsGiven(every) ? TimeSpan.FromSeconds(session.GetValue(every))
                    : screen ? ScreenEvery : LineEvery;
                var count = session.IsGiven(looks) ? session.GetValue(looks) : int.MaxValue;
                return screen
                    ? new Live(session, session.GetText(store), period).RunScreen()
                    : WriteLines(session, session.GetText(store), period, count);
            }), store, every, looks);
    }

    private static async Task WriteLines(Session session, string store, TimeSpan period, int count)
    {
        for (var i = 0; i < count; i++)
        {
            if (i > 0) await Task.Delay(period, session.Terminal.Time, session.Cancel);
            var status = await GetStatus(session, store);
            await session.PrintAnswer(status, $"{TimeOf(session):HH:mm:ss}Z  {TopScreen.DescribeNumbers(status)}");
        }
    }

    private static async Task<Proto.FleetStatusReply> GetStatus(Session session, string store)
    {
        var ask = new Proto.FleetStatusRequest();
        if (store.Length > 0) ask.Stores.Add(store);
        return await session.Node.Status.GetAsync(ask, session.Call);
    }

    private static DateTime TimeOf(Session session) => session.Now.UtcDateTime;

    /// <summary>
    /// Asks Fleet in the background, and draws and reads keys in the foreground: keys stay fast while a node is slow.
    /// </summary>
    private sealed class Live(Session session, string store, TimeSpan period)
    {
        private readonly TopScreen _screen = new(session.Settings.Url, store);
        private readonly Lock _lock = new();

        public async Task RunScreen()
        {
            var console = session.Terminal.OpenScreen();
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(session.Cancel);
            await session.Terminal.Out.WriteAsync(TopScreen.Enter);
            try
            {
                // here a wrong key or address ends the verb with an error, as in any other verb
                await RefreshScreen(stop.Token);
                var looking = RefreshRegularly(stop.Token);
                await DrawFrames(console, stop.Token);
                await stop.CancelAsync();
                await looking;
            }
            finally
            {
                await session.Terminal.Out.WriteAsync(TopScreen.Leave);
                await session.Terminal.Out.FlushAsync(CancellationToken.None);
            }
        }

        private async Task DrawFrames(IAnsiConsole console, CancellationToken cancel)
        {
            while (!cancel.IsCancellationRequested)
            {
                while (console.Input.IsKeyAvailable())
                {
                    if (console.Input.ReadKey(intercept: true) is { } key && !PressKey(key)) return;
                }
                string frame;
                lock (_lock) frame = _screen.DrawScreen(console.Profile.Width, console.Profile.Height, session.Now);
                await session.Terminal.Out.WriteAsync(frame);
                await session.Terminal.Out.FlushAsync(cancel);
                await Task.Delay(Frame, session.Terminal.Time, cancel).ConfigureAwait(
                    ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        private bool PressKey(ConsoleKeyInfo key)
        {
            lock (_lock) return _screen.PressKey(key);
        }

        private async Task RefreshRegularly(CancellationToken cancel)
        {
            while (!cancel.IsCancellationRequested)
            {
                await Task.Delay(period, session.Terminal.Time, cancel).ConfigureAwait(
                    ConfigureAwaitOptions.SuppressThrowing);
                try
                {
                    await RefreshScreen(cancel);
                }
                catch (RpcException e) when (!cancel.IsCancellationRequested)
                {
                    lock (_lock) _screen.Trouble = Failure.FromRpc(e, session.Settings).Message;
                }
                catch (Exception e) when (e is RpcException or OperationCanceledException)
                {
                    return;
                }
            }
        }

        private async Task RefreshScreen(CancellationToken cancel)
        {
            var status = await GetStatus(session, store);
            var ask = new Proto.ListReadersRequest { Store = store, PageSize = MaxReaders };
            lock (_lock) (ask.Presence, ask.Text) = (_screen.Filter, _screen.Search);
            var readers = await ListReaders(ask, cancel);
            lock (_lock) _screen.ShowReaders(status, readers);
        }

        /// <summary>
        /// The readers to show; none for a key of the whole chain that names no merchant: it sees numbers and problems
        /// only.
        /// </summary>
        private async Task<IReadOnlyList<Proto.Reader>> ListReaders(
            Proto.ListReadersRequest ask, CancellationToken cancel)
        {
            try
            {
                return (await session.Node.Readers.ListAsync(ask, session.Node.WithDeadline(cancel))).Readers;
            }
            catch (RpcException e) when (e.StatusCode is StatusCode.InvalidArgument or StatusCode.PermissionDenied)
            {
                return [];
            }
        }
    }
}
