using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fleet.Torture.Checking;
using Fleet.Torture.Processes;
using Microsoft.AspNetCore.Http;

namespace Fleet.Torture.Cloud;

/// <summary>
/// Gets what the cloud tells a checkout's <c>return_url</c>, and tells it on: once, twice, too early or not at all. The
/// cloud is answered as the receiver answers, so it tries again when the receiver is away.
/// </summary>
internal sealed class Callbacks(ProxyJournal journal, HttpClient http, Uri proxy)
{
    private const string Root = "/callbacks/";

    private readonly ConcurrentDictionary<int, Awaited> _awaited = new();

    /// <summary>The create that a path of the proxy stands for; null for other paths.</summary>
    public static int? NumberOf(PathString path) =>
        $"{path}".StartsWith(Root, StringComparison.Ordinal) && int.TryParse($"{path}"[Root.Length..], out var number)
            ? number
            : null;

    /// <summary>
    /// Where the cloud is to tell the outcome of a create. A second create of one checkout gets another address, so the
    /// cloud sees two that differ, and refuses the second one as SumUp does.
    /// </summary>
    public string Expect(CloudCall create, string url, CloudFault? fault)
    {
        // The create's other faults are over when the cloud tells its outcome.
        _awaited[create.Number] = new(create, url, fault?.IsOfCallback() is true ? fault : null);
        return $"{new Uri(proxy, $"{Root}{create.Number}")}";
    }

    /// <summary>Whether a create has a receiver.</summary>
    public bool IsAwaited(int create) => _awaited.ContainsKey(create);

    /// <summary>Whether the outcome of a create was told, within a time.</summary>
    public async Task<bool> IsTold(int create, TimeSpan limit)
    {
        if (!_awaited.TryGetValue(create, out var awaited)) return false;
        await awaited.IsTold.Task.WaitAsync(limit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return awaited.IsTold.Task.IsCompletedSuccessfully;
    }

    /// <summary>Tells that the card was charged, before that is known.</summary>
    public async Task Forge(CloudCall create)
    {
        var awaited = _awaited[create.Number];
        var body = JsonSerializer.Serialize(new
        {
            id = Guid.NewGuid(),
            event_type = "solo.transaction.updated",
            timestamp = CloudAnswer.TextOf(TimeProvider.System.GetUtcNow()),
            payload = new
            {
                client_transaction_id = create.ClientId,
                merchant_code = ServerProcess.Merchant,
                status = "successful",
                transaction_id = Guid.NewGuid(),
            },
        });
        await Tell(awaited, body, create.ClientId);
        awaited.IsForged.TrySetResult();
    }

    /// <summary>Takes what the cloud tells.</summary>
    public async Task Take(HttpContext context, int create, TimeSpan clockOff)
    {
        using var reader = new StreamReader(context.Request.Body);
        var body = CloudAnswer.Json(200, await reader.ReadToEndAsync(context.RequestAborted)).MoveTimes(clockOff).Body;
        if (!_awaited.TryGetValue(create, out var awaited))
        {
            context.Response.StatusCode = 404;
            return;
        }
        var client = JsonNode.Parse(body)?["payload"]?["client_transaction_id"]?.GetValue<string>();
        if (awaited.Fault is CloudFault.CallbackNever)
        {
            journal.Add(CallOf(awaited, client) with { Told = 200 });
            return;
        }
        if (awaited.Fault is CloudFault.CallbackForged) await awaited.IsForged.Task;
        for (var left = awaited.Fault is CloudFault.CallbackTwice ? 2 : 1; left > 0; left--)
            context.Response.StatusCode = await Tell(awaited, body, client) ?? 502;
        awaited.IsTold.TrySetResult();
    }

    private async Task<int?> Tell(Awaited awaited, string body, string? client)
    {
        var call = journal.Add(CallOf(awaited, client) with { Forwarded = true });
        try
        {
            using var content = new StringContent(body, Encoding.UTF8, "application/json");
            using var answer = await http.PostAsync(new Uri(awaited.Url), content, CancellationToken.None);
            var status = (int)answer.StatusCode;
            journal.Put(call with { Status = status, Told = status });
            return status;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return null;
        }
    }

    private static CloudCall CallOf(Awaited awaited, string? client) => new()
    {
        At = TimeProvider.System.GetUtcNow(), Operation = CloudOperation.Callback, Fault = awaited.Fault,
        Reader = awaited.Create.Reader, ForeignId = awaited.Create.ForeignId, ClientId = client,
    };

    /// <summary>An outcome that the cloud is to tell.</summary>
    private sealed record Awaited(CloudCall Create, string Url, CloudFault? Fault)
    {
        public TaskCompletionSource IsTold { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource IsForged { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
