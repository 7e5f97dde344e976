using System.Collections.Concurrent;
using Fleet.Protocol;

namespace Fleet.Server.Links;

/// <summary>
/// Questions to the device of a connection, and its answers: what tests wish, and settings to apply.
/// </summary>
internal sealed class DeviceQuestions(TimeProvider time)
{
    /// <summary>Answers that may wait at the same time.</summary>
    public const int MaxWaiting = 16;

    /// <summary>
    /// How long one node waits for another's answer: longer than the longest wait of a test, and the time for the
    /// frames.
    /// </summary>
    public const string Patience = "00:01:10";

    /// <summary>The same for an answer that comes at once.</summary>
    public const string ShortPatience = "00:00:08";

    /// <summary>How long a device may take for an answer, beside the time that a wish says.</summary>
    public static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(5);

    private ConcurrentDictionary<Guid, TaskCompletionSource<ActReply>>? _waiting;
    private volatile bool _obeysTests, _takesSettings, _isOver;

    /// <summary>Whether the device said that it obeys tests.</summary>
    public bool ObeysTests => _obeysTests;

    /// <summary>Whether the device said that it takes settings.</summary>
    public bool TakesSettings => _takesSettings;

    /// <summary>Callers that wait. Most connections never have one, so it is made for the first.</summary>
    private ConcurrentDictionary<Guid, TaskCompletionSource<ActReply>> Waiting =>
        LazyInitializer.EnsureInitialized(ref _waiting);

    /// <summary>Takes what the device said in its hello.</summary>
    public void NoteHello(Hello hello)
    {
        _obeysTests = hello is { Helpers: true, Model: Core.Readers.Device.VirtualSolo };
        _takesSettings = hello.Settings is true;
    }

    /// <summary>Sends a question and waits for the answer.</summary>
    /// <param name="isWilling">Whether the device answers such questions.</param>
    /// <param name="id">The id in the frame.</param>
    /// <param name="send">Queues the frame; false when that is not possible.</param>
    /// <param name="patience">How long to wait.</param>
    public async Task<ActReply> AskDevice(bool isWilling, Guid id, Func<bool> send, TimeSpan patience)
    {
        if (!isWilling) return ActReply.NotWilling;
        if (Waiting.Count >= MaxWaiting) return ActReply.TooMany;
        var answer = new TaskCompletionSource<ActReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        Waiting[id] = answer;
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
            Waiting.TryRemove(id, out _);
        }
    }

    /// <summary>The device has answered. An answer for which no caller waits is ignored.</summary>
    /// <param name="id">The id of the question.</param>
    /// <param name="answer">The frame.</param>
    public void TakeAnswer(Guid id, DeviceFrame answer)
    {
        if (Waiting.TryGetValue(id, out var waiting))
            waiting.TrySetResult(new(ActOutcome.Answered, Link.WriteFrame(answer)));
    }

    /// <summary>The connection is over: no more answers come.</summary>
    public void End()
    {
        _isOver = true;
        foreach (var waiting in Waiting.Values) waiting.TrySetResult(ActReply.Lost);
    }
}

/// <summary>What became of a question to a device.</summary>
internal enum ActOutcome
{
    /// <summary>The device has answered.</summary>
    Answered,

    /// <summary>There is no connection: the device was not told.</summary>
    Gone,

    /// <summary>The device was told, and its connection ended before its answer; or the answer did not come.</summary>
    Lost,

    /// <summary>The device did not say that it answers such questions.</summary>
    NotWilling,

    /// <summary>Too many questions wait for their answer.</summary>
    TooMany,
}

/// <summary>The answer of a device to a question.</summary>
/// <param name="Outcome">What became of the question.</param>
/// <param name="Frame">
/// The frame <see cref="Protocol.Acted"/> or <see cref="Protocol.Configured"/>; null when the device has not answered.
/// </param>
[GenerateSerializer, Immutable, Alias("fleet.act-reply")]
internal sealed record ActReply([property: Id(0)] ActOutcome Outcome, [property: Id(1)] byte[]? Frame = null)
{
    public static readonly ActReply Gone = new(ActOutcome.Gone);
    public static readonly ActReply Lost = new(ActOutcome.Lost);
    public static readonly ActReply NotWilling = new(ActOutcome.NotWilling);
    public static readonly ActReply TooMany = new(ActOutcome.TooMany);

    /// <summary>The device's answer to a test; null when there is none.</summary>
    public Acted? Acted => Read<Acted>();

    /// <summary>The device's answer to settings; null when there is none.</summary>
    public Configured? Configured => Read<Configured>();

    private T? Read<T>() where T : DeviceFrame => Frame is null ? null : Link.ReadDeviceFrame(Frame) as T;
}
