using System.Collections.Concurrent;
using Fleet.Protocol;

namespace Fleet.Server.Links;

/// <summary>What tests ask of the virtual device of one connection, and its answers.</summary>
internal sealed class DeviceActs(TimeProvider time)
{
    /// <summary>Answers that may wait at the same time.</summary>
    public const int MaxWaiting = 16;

    /// <summary>
    /// How long one node waits for another's answer: longer than the longest wait of a test, and the time for the
    /// frames.
    /// </summary>
    public const string Patience = "00:01:10";

    /// <summary>How long a device may take for an answer, beside the time that the wish says.</summary>
    public static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<Guid, TaskCompletionSource<ActReply>> _waiting = new();
    private volatile bool _isWilling, _isOver;

    /// <summary>Notes whether the device said that it obeys tests.</summary>
    public void NoteHello(Hello hello) =>
        _isWilling = hello is { Helpers: true, Model: Core.Readers.Device.VirtualSolo };

    /// <summary>Sends a wish and waits for the answer.</summary>
    /// <param name="actId">The id in the frame.</param>
    /// <param name="send">Queues the frame; false when that is not possible.</param>
    /// <param name="patience">How long to wait.</param>
    public async Task<ActReply> AskDevice(Guid actId, Func<bool> send, TimeSpan patience)
    {
        if (!_isWilling) return ActReply.NotWilling;
        if (_waiting.Count >= MaxWaiting) return ActReply.TooMany;
        var answer = new TaskCompletionSource<ActReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[actId] = answer;
        try
        {
            return _isOver || !send() ? ActReply.Gone : await answer.Task.WaitAsync(patience, time);
        }
        catch (TimeoutException)
        {
            return ActReply.Lost;
        }
        finally
        {
            _waiting.TryRemove(actId, out _);
        }
    }

    /// <summary>The device has answered. An answer for which no caller waits is ignored.</summary>
    public void TakeAnswer(Acted acted)
    {
        if (_waiting.TryGetValue(acted.ActId, out var waiting))
            waiting.TrySetResult(new(ActOutcome.Answered, Link.WriteFrame(acted)));
    }

    /// <summary>The connection is over: no more answers come.</summary>
    public void End()
    {
        _isOver = true;
        foreach (var waiting in _waiting.Values) waiting.TrySetResult(ActReply.Lost);
    }
}

/// <summary>What became of a wish.</summary>
internal enum ActOutcome
{
    /// <summary>The device has answered.</summary>
    Answered,

    /// <summary>There is no connection: the device was not told.</summary>
    Gone,

    /// <summary>The device was told, and its connection ended before its answer; or the answer did not come.</summary>
    Lost,

    /// <summary>The device did not say that it obeys tests.</summary>
    NotWilling,

    /// <summary>Too many wishes wait for their answer.</summary>
    TooMany,
}

/// <summary>The answer of a device to a wish.</summary>
/// <param name="Outcome">What became of the wish.</param>
/// <param name="Frame">The frame <see cref="Protocol.Acted"/>; null when the device has not answered.</param>
[GenerateSerializer, Immutable, Alias("fleet.act-reply")]
internal sealed record ActReply([property: Id(0)] ActOutcome Outcome, [property: Id(1)] byte[]? Frame = null)
{
    public static readonly ActReply Gone = new(ActOutcome.Gone);
    public static readonly ActReply Lost = new(ActOutcome.Lost);
    public static readonly ActReply NotWilling = new(ActOutcome.NotWilling);
    public static readonly ActReply TooMany = new(ActOutcome.TooMany);

    /// <summary>The device's answer; null when there is none.</summary>
    public Acted? Acted => Frame is null ? null : Link.ReadDeviceFrame(Frame) as Acted;
}
