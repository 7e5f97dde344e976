using System.Collections.Concurrent;
using Orleans.Concurrency;

namespace Fleet.Server.Tests;

/// <summary>
/// Finds calls that go back up: calls to a grain that itself waits, directly or through others, for the caller. Such a
/// call ends only when the grain is reentrant. Each call carries the chain of the calls above it.
/// </summary>
internal sealed class CallDirection : IIncomingGrainCallFilter, IOutgoingGrainCallFilter
{
    private const string Key = "fleet.tests.chain";

    /// <summary>A call above that does not end in this time waits for the one below.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<long, TaskCompletionSource> _running = new();
    private readonly ConcurrentQueue<string> _upwards = new();
    private long _calls;

    /// <summary>The calls that went back up, each with the calls above it.</summary>
    public IReadOnlyList<string> Upwards => [.. _upwards];

    /// <summary>How many calls of grains there were.</summary>
    public long Calls => Interlocked.Read(ref _calls);

    public async Task Invoke(IIncomingGrainCallContext context)
    {
        var id = Interlocked.Increment(ref _calls);
        var ended = _running[id] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        RequestContext.Set(Key, (string[])[.. ReadChain(), $"{id} {context.TargetId}"]);
        try
        {
            await context.Invoke();
        }
        finally
        {
            _running.TryRemove(id, out _);
            ended.TrySetResult();
        }
    }

    public async Task Invoke(IOutgoingGrainCallContext context)
    {
        var chain = ReadChain();
        var target = Array.FindLastIndex(chain, call => GrainOf(call) == $"{context.TargetId}");
        if (IsOneWay(context)) RequestContext.Remove(Key); // the caller does not wait for what follows
        else if (target >= 0 && await AreAllWaiting(chain[target..]))
            _upwards.Enqueue(string.Join(" > ", chain[target..].Select(GrainOf))
                + $" > {context.InterfaceMethod.DeclaringType?.Name}.{context.MethodName}");
        await context.Invoke();
    }

    /// <summary>
    /// Whether every call of a chain waits for the next one. The next one is held back meanwhile: a call that ends all
    /// the same did not wait for it.
    /// </summary>
    private async Task<bool> AreAllWaiting(string[] chain)
    {
        var ends = chain.Select(EndOf).ToList();
        try
        {
            await Task.WhenAny(ends).WaitAsync(Patience);
            return false;
        }
        catch (TimeoutException)
        {
            return true;
        }
    }

    private Task EndOf(string call) =>
        _running.TryGetValue(long.Parse(call.Split(' ')[0], null), out var running)
            ? running.Task
            : Task.CompletedTask;

    private static string[] ReadChain() => RequestContext.Get(Key) as string[] ?? [];

    private static string GrainOf(string call) => call[(call.IndexOf(' ', StringComparison.Ordinal) + 1)..];

    private static bool IsOneWay(IOutgoingGrainCallContext context) =>
        context.InterfaceMethod.IsDefined(typeof(OneWayAttribute), inherit: true);
}
