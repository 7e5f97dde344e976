using System.Text;
using System.Text.Json.Nodes;
using Fleet.Server.Api;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Tests;

/// <summary>
/// What a caller names in a request. The words of each kind are equally long, as answers may repeat them.
/// </summary>
internal sealed record Objects(
    string Merchant, string Store, string Reader, string Checkout, string Paid, string Key, string Event,
    string Incident, string Serial)
{
    /// <summary>An id that no object has.</summary>
    public static readonly Objects Random = new("MNOSUCH1", "nowher", "rdr_0123456789ABCDEFGHJKMNPQRS",
        "019ca8a0-3e80-7f0c-ba2b-53e6d0a22f1c", "019ca8a0-3e80-7f0c-ba2b-53e6d0a22f1d",
        "019ca8a0-3e80-7f0c-ba2b-53e6d0a22f1e", "019ca8a0-3e80-7f0c-ba2b-53e6d0a22f1f",
        "019ca8a0-3e80-7f0c-ba2b-53e6d0a22f20", "TEST-XXXXXX");

    private (string Name, string Value)[] Words =>
    [
        ("{store}", Store), ("{reader}", Reader), ("{checkout}", Checkout), ("{paid}", Paid), ("{key}", Key),
        ("{event}", Event), ("{incident}", Incident), ("{serial}", Serial),
        ("{merchant}", Merchant),
    ];

    /// <summary>Ids that only their owner may see.</summary>
    public IEnumerable<string> Secrets => [Reader, Checkout, Paid, Key, Event, Incident, Serial];

    public string Fill(string text) => Words.Aggregate(text, (filled, word) => filled.Replace(word.Name, word.Value));

    /// <summary>The text without the values.</summary>
    public string Blank(string text) => Words.Aggregate(text, (blank, word) => blank.Replace(word.Value, word.Name));
}

/// <summary>
/// How an operation answers about an object of another merchant: always as about one that does not exist.
/// </summary>
internal enum Beyond
{
    /// <summary>Not found.</summary>
    Gone,

    /// <summary>The item is refused, as not found.</summary>
    ItemGone,

    /// <summary>A field is wrong, or nothing is in the list.</summary>
    Same,

    /// <summary>It names none: it works, and tells nothing of others.</summary>
    NamesNone,

    /// <summary>It is for keys of the whole chain.</summary>
    ForChain,
}

/// <summary>A request of an operation.</summary>
/// <param name="Operation">A route, or a method of gRPC with all its routes that have no row of their own.</param>
/// <param name="Beyond">How it answers about what is not the caller's.</param>
/// <param name="Message">Its body, or the message of gRPC.</param>
/// <param name="Query">Its query, where it is no method of gRPC.</param>
/// <param name="Own">How it answers its own caller: a sandbox merchant has no account at SumUp.</param>
internal sealed record Sample(
    string Operation, Beyond Beyond, string Message = "", string Query = "", int Own = 200)
{
    /// <summary>What has to change first is 422 over gRPC, and 400 as JSON.</summary>
    public const int NotNow = 422;

    private const string Sum = Lane.Coffee;
    private const string Go = """{"total_amount":{"currency":"EUR","value":1},"client_transaction_id":"{new}"}""";
    private const string Readers = "/v0.1/merchants/{merchant_code}/readers/", Reader = Readers + "{reader_id}";
    private const string Mine = "\"reader_id\":\"{reader}\"", One = "{" + Mine + "}";
    private const string OneStore = """{"store":"{store}"}""";
    private const string OneKey = """{"key_id":"{key}"}""", Incident = "\"incident_id\":\"{incident}\"";
    private const string OneEvent = """{"event_id":"{event}"}""";
    private const string Device = """{"pairing_code":"{code}","name":"Mine","store":"{store}"}""";
    private const string OwnToStore = """{"reader_id":"{mine}","store":"{store}"}""";
    private const string Merchant = "/fleet/v1/merchants/{merchant_code}", Link = $"{Merchant}/link";
    private const string Affiliate = "\"name\":\"x\",\"app_id\":\"x\",\"key\":\"x\"";
    private const string OneMerchant = """{"merchant_code":"{merchant}"}""";
    private const string Transactions = "/v2.1/merchants/{merchant_code}/transactions", Me = "/v0.1/me";

    /// <summary>What a field names, by its name in the protos.</summary>
    private static readonly Dictionary<string, string> Named = new()
    {
        ["reader_id"] = "{reader}", ["checkout_id"] = "{checkout}", ["store"] = "{store}", ["key_id"] = "{key}",
        ["event_id"] = "{event}", ["incident_id"] = "{incident}", ["serial"] = "{serial}",
        ["merchant_code"] = "{merchant}",
    };

    /// <summary>
    /// The sample of a method of gRPC that changes nothing and has no row below: it names what its first field names,
    /// or is empty.
    /// </summary>
    public static Sample OfRead(MethodDescriptor method)
    {
        var name = $"/{method.Service.FullName}/{method.Name}";
        return method.InputType.FindFieldByNumber(1) is { IsRepeated: false } first
            && Named.TryGetValue(first.Name, out var id)
                ? new(name, Beyond.Gone, $$"""{"{{first.Name}}":"{{id}}"}""")
                : new(name, Beyond.NamesNone, "{}");
    }

    public static readonly Sample[] All =
    [
        new($"GET {Readers}", Beyond.NamesNone),
        new($"POST {Readers}", Beyond.NamesNone, """{"pairing_code":"{code}","name":"Mine"}"""),
        new($"GET {Reader}", Beyond.Gone),
        new($"PATCH {Reader}", Beyond.Gone, """{"name":"Mine"}"""),
        new($"DELETE {Reader}", Beyond.Gone),
        new($"GET {Reader}/status", Beyond.Gone),
        new($"GET {Reader}/settings/", Beyond.Gone, Own: 404), // its device told none
        new($"PATCH {Reader}/settings/", Beyond.Gone, """{"menu_lock":{"enabled":false}}""", Own: 422),
        new($"POST {Reader}/checkout", Beyond.Gone, $"{{{Sum}}}"),
        new("POST /v0/merchants/{merchant_code}/readers/{reader_id}/go-checkout", Beyond.Gone, Go),
        new($"GET {Reader}/checkout/{{checkout_id}}", Beyond.Gone),
        new($"POST {Reader}/terminate", Beyond.Gone, "{}"),
        new($"GET {Transactions}/", Beyond.Gone, Query: "?id={paid}"),
        new($"GET {Transactions}/history", Beyond.NamesNone),
        new($"GET {Me}", Beyond.NamesNone),
        new($"GET {Me}/merchant-profile", Beyond.NamesNone),
        new("GET /v1/merchants/{merchant_code}", Beyond.NamesNone),
        new("GET /v0.1/merchants/{merchant_code}", Beyond.NamesNone),
        new("GET /v0.1/merchants/{merchant_code}/payment-methods", Beyond.NamesNone),
        new("GET /v0.1/merchants/{merchant_code}/terminals", Beyond.NamesNone),
        new("GET /v0.1/checkouts", Beyond.NamesNone),
        new("GET /v0.1/memberships", Beyond.NamesNone),
        new("GET /v1.0/receipts/{transaction_id}", Beyond.Gone, Query: "?mid={own}"),
        new($"GET {Me}/transactions", Beyond.Gone, Query: "?id={paid}"),
        new($"GET {Me}/transactions/history", Beyond.NamesNone),
        new("GET /v1.1/receipts/{transaction_id}", Beyond.Gone, Query: "?mid={own}"),
        new("POST /v1.0/merchants/{merchant_code}/payments/{transaction_id}/refunds", Beyond.Gone, """{"amount":1}"""),
        new($"POST {Me}/refund/{{transaction_id}}", Beyond.Gone, """{"amount":1}"""),
        new("GET /fleet/v1/checkouts/{checkout_id}/timeline", Beyond.Gone),
        new("GET /fleet/v1/checkouts/{checkout_id}/events", Beyond.Gone),
        new("GET /fleet/v1/events", Beyond.NamesNone),
        new("GET /fleet/v1/webhooks/", Beyond.NamesNone),
        new("GET /fleet/v1/webhooks/{id}", Beyond.Gone),
        new("POST /fleet/v1/webhooks/{id}/replay", Beyond.Gone),
        new("POST /fleet/v1/webhooks/replay", Beyond.NamesNone,
            """{"from":"2026-02-28T00:00:00Z","to":"2026-03-02T00:00:00Z"}"""),
        new("POST /fleet/v1/webhooks/test", Beyond.NamesNone, """{"url":"https://nowhere.invalid/"}"""),
        new("/fleet.v1.Checkouts/Start", Beyond.Gone, $"{{{Mine},{Sum}}}"),
        new("POST /fleet/v1/stores/{route.store}/checkouts", Beyond.Same,
            $$$"""{"route":{"store":"{store}"},{{{Sum}}}}"""),
        new("/fleet.v1.Checkouts/StartMany", Beyond.ItemGone, $$$"""{"item":"1","start":{{{{Mine}}},{{{Sum}}}}}"""),
        new("/fleet.v1.Checkouts/Terminate", Beyond.Gone, One),
        new("/fleet.v1.Checkouts/RecordOutcome", Beyond.Gone,
            """{"checkout_id":"{checkout}","outcome":"FAILED","reason":"seen","reference":"7"}"""),
        // it is too early for the one, and no refund is pending for the other
        new("/fleet.v1.Checkouts/Release", Beyond.Gone, """{"checkout_id":"{checkout}","reason":"seen"}""",
            Own: NotNow),
        new("/fleet.v1.Checkouts/RecordRefund", Beyond.Gone,
            """{"checkout_id":"{paid}","outcome":"made","reason":"seen"}""", Own: NotNow),
        new("/fleet.v1.Readers/Pair", Beyond.Same, Device),
        new("/fleet.v1.Readers/PairMany", Beyond.Same, $$"""{"readers":[{{Device}}]}"""),
        new("/fleet.v1.Readers/List", Beyond.NamesNone, "{}"),
        new("/fleet.v1.Readers/List", Beyond.Same, OneStore),
        new("/fleet.v1.Readers/Rename", Beyond.Gone, $$"""{{{Mine}},"name":"Mine"}"""),
        new("/fleet.v1.Readers/Move", Beyond.Gone, $$$"""{{{{Mine}}},"tags":{"values":["mine"]}}"""),
        new("/fleet.v1.Readers/Move", Beyond.Same, OwnToStore),
        new("/fleet.v1.Readers/Unpair", Beyond.Gone, One),
        new("/fleet.v1.Readers/ChangeMany", Beyond.ItemGone,
            $$$"""{"changes":[{"rename":{{{{Mine}}},"name":"Mine"}}]}"""),
        new("/fleet.v1.Readers/ChangeMany", Beyond.ItemGone,
            $$$$"""{"changes":[{"move":{{{{{Mine}}}},"tags":{"values":["mine"]}}}]}"""),
        new("/fleet.v1.Readers/ChangeMany", Beyond.ItemGone, $$"""{"changes":[{"terminate":{{One}}}]}"""),
        new("/fleet.v1.Readers/ChangeMany", Beyond.ItemGone, $$"""{"changes":[{"unpair":{{One}}}]}"""),
        new("/fleet.v1.Readers/ChangeMany", Beyond.Same, $$$$"""{"changes":[{"move":{{{{OwnToStore}}}}}]}"""),
        new("/fleet.v1.Readers/ChangeMany", Beyond.Same,
            $$$$"""{"dry_run":true,"changes":[{"move":{{{{OwnToStore}}}}}]}"""),
        new("/fleet.v1.Readers/ChangeMany", Beyond.ItemGone, $$"""{"dry_run":true,"changes":[{"unpair":{{One}}}]}"""),
        new("/fleet.v1.Readers/PairMany", Beyond.Same, $$"""{"dry_run":true,"readers":[{{Device}}]}"""),
        new("/fleet.v1.Readers/Adopt", Beyond.Same, """{"dry_run":true,"store":"{store}"}""", Own: 400),
        new("/fleet.v1.Settings/SetReader", Beyond.Gone, $$$"""{{{{Mine}}},"menu_lock":{"enabled":false}}"""),
        new("/fleet.v1.Settings/ClearReader", Beyond.Gone, One),
        new("/fleet.v1.Settings/SetStore", Beyond.Gone, """{"store":"{store}","menu_lock":{"enabled":false}}"""),
        new("/fleet.v1.Settings/ClearStore", Beyond.Gone, OneStore),
        new("/fleet.v1.Stores/Create", Beyond.NamesNone, """{"store":"{new}"}"""),
        new("/fleet.v1.Stores/Rename", Beyond.Gone, """{"store":"{store}","name":"Mine"}"""),
        new("/fleet.v1.Stores/Retire", Beyond.Gone, OneStore),
        new("/fleet.v1.FleetStatus/Get", Beyond.NamesNone, """{"by_store":true}"""),
        new("/fleet.v1.FleetStatus/Get", Beyond.Same, """{"stores":["{store}"],"by_store":true}"""),
        new("/fleet.v1.Keys/Create", Beyond.Same,
            """{"name":"x","scopes":["readers.read"],"merchant_code":"{merchant}"}"""),
        new("/fleet.v1.Keys/List", Beyond.NamesNone, "{}"),
        new("/fleet.v1.Keys/List", Beyond.Same, """{"merchant_code":"{merchant}"}"""),
        new("/fleet.v1.Keys/Rotate", Beyond.Gone, OneKey),
        new("/fleet.v1.Keys/Revoke", Beyond.Gone, OneKey),
        new("/fleet.v1.Audit/List", Beyond.NamesNone, "{}"),
        new("/fleet.v1.Audit/List", Beyond.Same, """{"merchant_code":"{merchant}"}"""),
        new("/fleet.v1.Audit/Verify", Beyond.ForChain, "{}"),
        new("/fleet.v1.Totals/List", Beyond.NamesNone, """{"from":"2026-02-28"}"""),
        new("/fleet.v1.Totals/Rebuild", Beyond.NamesNone, """{"day":"2026-02-28"}"""),
        new("/fleet.v1.Retention/Get", Beyond.ForChain, "{}"),
        new("/fleet.v1.Retention/Run", Beyond.ForChain,
            """{"kind":"checkouts","before":"2025-11-01","dry_run":true}"""),
        new("/fleet.v1.Reconciliation/RunDay", Beyond.NamesNone, """{"day":"2026-02-28"}"""),
        new("/fleet.v1.Reconciliation/GetDay", Beyond.NamesNone, """{"day":"2026-02-28"}"""),
        new("/fleet.v1.Webhooks/Replay", Beyond.Gone, OneEvent),
        new("/fleet.v1.Webhooks/ReplayMany", Beyond.NamesNone,
            """{"from":"2026-02-28T00:00:00Z","to":"2026-03-02T00:00:00Z"}"""),
        new("/fleet.v1.Webhooks/Test", Beyond.NamesNone, """{"url":"https://nowhere.invalid/"}"""),
        new("/fleet.v1.Incidents/List", Beyond.NamesNone, "{}"),
        new("/fleet.v1.Incidents/List", Beyond.Same, """{"merchant_code":"{merchant}","store":"{store}"}"""),
        new("/fleet.v1.Incidents/Assign", Beyond.Gone, $$$"""{{{{Incident}}},"owner":"me"}"""),
        new("/fleet.v1.Incidents/AddNote", Beyond.Gone, $$$"""{{{{Incident}}},"text":"seen"}"""),
        new("/fleet.v1.Incidents/Resolve", Beyond.Gone, $$$"""{{{{Incident}}},"resolution":"done"}"""),
        new("/fleet.v1.Incidents/Retell", Beyond.ForChain,
            """{"from":"2026-02-28T00:00:00Z","to":"2026-03-02T00:00:00Z"}"""),
        new("/fleet.v1.TestReaders/Create", Beyond.Same, OneStore),
        // its readers are no virtual devices that obey a test
        new("/fleet.v1.TestReaders/GetState", Beyond.Gone, One, Own: NotNow),
        new("/fleet.v1.TestReaders/Watch", Beyond.Gone, One, Own: NotNow),
        new("/fleet.v1.TestReaders/Present", Beyond.Gone, One, Own: NotNow),
        new("/fleet.v1.TestReaders/RemoveCard", Beyond.Gone, One, Own: NotNow),
        new("/fleet.v1.TestReaders/Press", Beyond.Gone, $$"""{{{Mine}},"key":"ok"}""", Own: NotNow),
        new("/fleet.v1.TestReaders/ChooseTip", Beyond.Gone, One, Own: NotNow),
        new("/fleet.v1.TestReaders/Power", Beyond.Gone, One, Own: NotNow),
        new("/fleet.v1.TestReaders/Link", Beyond.Gone, One, Own: NotNow),
        new("/fleet.v1.TestReaders/Set", Beyond.Gone, One, Own: NotNow),
        new("/fleet.v1.TestReaders/Script", Beyond.Gone, One, Own: NotNow),
        new("/fleet.v1.TestReaders/Scenario", Beyond.Gone, $$"""{{{Mine}},"scenario":"solo"}""", Own: NotNow),
        new("/fleet.v1.TestReaders/Reset", Beyond.Gone, One, Own: NotNow),
        new("/fleet.v1.TestReaders/SetWebhookFaults", Beyond.NamesNone, "{}"),
        // its merchants are in the configuration, so they are not changed
        new("/fleet.v1.Merchants/Create", Beyond.ForChain, """{"merchant_code":"MCHAIN01","sandbox":true}"""),
        new("/fleet.v1.Merchants/Get", Beyond.Gone, OneMerchant),
        new($"GET {Merchant}", Beyond.NamesNone, "{}"),
        new("/fleet.v1.Merchants/Update", Beyond.Gone, OneMerchant, Own: NotNow),
        new($"PATCH {Merchant}", Beyond.NamesNone, "{}", Own: NotNow),
        new("/fleet.v1.Merchants/Suspend", Beyond.ForChain, """{"merchant_code":"{merchant}","reason":"x"}""",
            Own: NotNow),
        new("/fleet.v1.Merchants/Resume", Beyond.ForChain, OneMerchant, Own: NotNow),
        new("/fleet.v1.Merchants/AddAffiliateKey", Beyond.Gone, $$"""{"merchant_code":"{merchant}",{{Affiliate}}}""",
            Own: NotNow),
        new($"POST {Merchant}/affiliate-keys", Beyond.NamesNone, $$"""{{{Affiliate}}}""", Own: NotNow),
        new("/fleet.v1.Merchants/RetireAffiliateKey", Beyond.Gone, """{"merchant_code":"{merchant}","name":"x"}""",
            Own: NotNow),
        new($"POST {Merchant}/affiliate-keys/{{name}}/retire", Beyond.NamesNone, "{}", Own: NotNow),
        new("/fleet.v1.Merchants/RotateWebhookSecret", Beyond.Gone, OneMerchant, Own: NotNow),
        new($"POST {Merchant}/webhook-secrets/rotate", Beyond.NamesNone, "{}", Own: NotNow),
        new("/fleet.v1.Merchants/GetLink", Beyond.Gone, OneMerchant),
        new($"GET {Link}", Beyond.NamesNone, "{}"),
        new("/fleet.v1.Merchants/Link", Beyond.Gone, """{"merchant_code":"{merchant}","api_key":"x"}""", Own: 400),
        new($"POST {Link}", Beyond.NamesNone, """{"api_key":"x"}""", Own: 400),
        new("/fleet.v1.Merchants/Unlink", Beyond.Gone, OneMerchant),
        new($"DELETE {Link}", Beyond.NamesNone, "{}"),
    ];
}

/// <summary>An operation as the node has it: a route, also of a method of gRPC, which has more than one.</summary>
internal sealed record Operation(string Name, string Verb, string Pattern, string? Rpc, RequiredScopeAttribute Required)
{
    private static readonly Dictionary<string, MethodDescriptor> Rpcs = typeof(Proto.Checkouts).Assembly.GetTypes()
        .Select(type => type.GetProperty("Descriptor")?.GetValue(null)).OfType<FileDescriptor>()
        .Where(file => file.Package == "fleet.v1")
        .SelectMany(file => file.Services).SelectMany(service => service.Methods)
        .ToDictionary(method => $"/{method.Service.FullName}/{method.Name}");

    /// <summary>The methods in the protos.</summary>
    public static IEnumerable<string> Methods => Rpcs.Keys;

    public MethodDescriptor? Method => Rpc is null ? null : Rpcs[Rpc];

    /// <summary>Whether it is called in gRPC's own way.</summary>
    public bool IsNative => Pattern == Rpc;

    public bool Changes => Required.Action is not null || (Rpc is null && Verb != "GET");

    /// <summary>How it answers its own caller.</summary>
    public int OwnStatus(Sample sample) =>
        sample.Own == Sample.NotNow && Method is not null && !IsNative ? 400 : sample.Own;

    /// <summary>Its samples: its own, or those of its method; a read without any has one all the same.</summary>
    public IEnumerable<Sample> Samples
    {
        get
        {
            var name = Array.Exists(Sample.All, one => one.Operation == Name) ? Name : Rpc;
            var samples = Sample.All.Where(one => one.Operation == name);
            return samples.Any() || Changes || Method is null ? samples : [Sample.OfRead(Method)];
        }
    }

    /// <summary>All that ask for a scope.</summary>
    public static IReadOnlyList<Operation> Of(FleetApp fleet) =>
    [
        .. from route in fleet.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            let required = route.Metadata.GetMetadata<RequiredScopeAttribute>()
            where required is not null
            let rpc = route.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method.FullName
            let verb = route.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods[0] ?? "POST"
            let pattern = "/" + route.RoutePattern.RawText?.TrimStart('/')
            select new Operation(pattern == rpc ? pattern : $"{verb} {pattern}", verb, pattern, rpc, required),
    ];
}

/// <summary>What a caller was told.</summary>
/// <param name="Status">As HTTP says it; 200 for all that went well.</param>
/// <param name="Whole">All that could be seen, but the time.</param>
internal sealed record Told(int Status, string Whole);

/// <summary>A caller with a key, or without one.</summary>
internal sealed class MatrixCaller(FleetApp fleet, string merchant, string? key)
{
    private static readonly HttpClient Http = new();
    private static readonly Marshaller<byte[]> Bytes = Marshallers.Create<byte[]>(bytes => bytes, bytes => bytes);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public string Merchant => merchant;

    public Task<Told> Call(Operation operation, Sample sample, Objects about, string? named = null)
    {
        var message = about.Fill(sample.Message);
        return operation.IsNative && operation.Method is { } method
            ? Call(method, message, named)
            : Send(operation, message, about.Fill(sample.Query).Replace("{own}", merchant), about, named);
    }

    /// <summary>
    /// Every kind of call is one message and the first of its answers; on a connection of its own, as a server hangs up
    /// on one with many calls that it refused.
    /// </summary>
    private async Task<Told> Call(MethodDescriptor method, string json, string? named)
    {
        var message = new JsonParser(JsonParser.Settings.Default).Parse(json, method.InputType);
        var headers = new Metadata();
        if (key is not null) headers.Add("authorization", $"Bearer {key}");
        if (named is not null) headers.Add("fleet-merchant", named);
        using var channel = GrpcChannel.ForAddress(fleet.GrpcAddress);
        using var call = channel.CreateCallInvoker().AsyncDuplexStreamingCall(
            new Method<byte[], byte[]>(MethodType.DuplexStreaming, method.Service.FullName, method.Name, Bytes, Bytes),
            null, new(headers, cancellationToken: Cancel));
        try
        {
            try
            {
                await call.RequestStream.WriteAsync(message.ToByteArray(), Cancel);
                await call.RequestStream.CompleteAsync();
            }
            catch (Exception e) when (e is RpcException or InvalidOperationException or IOException)
            {
                // It was refused before it was read; the answer says why.
            }
            var any = await call.ResponseStream.MoveNext(Cancel);
            return new(200, any ? $"{method.OutputType.Parser.ParseFrom(call.ResponseStream.Current)}" : "");
        }
        catch (RpcException e)
        {
            var trailers = e.Trailers.Where(one => one.Key is not "date")
                .Select(one => $"{one.Key}: {(one.IsBinary ? Encoding.Latin1.GetString(one.ValueBytes) : one.Value)}");
            return new(StatusOf(e.StatusCode), string.Join('\n', [$"{e.StatusCode} {e.Status.Detail}", .. trailers]));
        }
    }

    private async Task<Told> Send(Operation operation, string message, string query, Objects about, string? named)
    {
        var (path, rest) = (operation.Pattern, operation.Method is null ? null : JsonNode.Parse(message));
        foreach (var (word, value) in new[] { ("{merchant_code}", named ?? merchant), ("{reader_id}", about.Reader),
            ("{checkout_id}", about.Checkout), ("{transaction_id}", about.Paid), ("{id}", about.Event),
            ("{store}", about.Store), ("{route.store}", about.Store), ("{key_id}", about.Key),
            ("{day}", "2026-02-28"), ("{name}", "x"), ("{incident_id}", about.Incident),
            ("{serial}", about.Serial) })
        {
            if (path.Contains(word)) rest?.AsObject().Remove(word[1..^1]); // the path says it
            path = path.Replace(word, value);
        }
        var bodiless = operation.Verb is "GET" or "DELETE";
        if (rest is not null && bodiless) query = "?" + string.Join('&', rest.AsObject().Select(one =>
            $"{one.Key}={(one.Value is JsonArray many ? many[0] : one.Value)}"));
        using var request = new HttpRequestMessage(
            new(operation.Verb), new Uri(fleet.Address, path.TrimEnd('/') + query));
        if (!bodiless && message.Length > 0) request.Content = Lane.Json(rest?.ToJsonString() ?? message);
        if (key is not null) request.Headers.Authorization = new("Bearer", key);
        if (named is not null) request.Headers.Add("Fleet-Merchant", named);
        using var answer = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
        var headers = answer.Headers.Concat(answer.Content.Headers)
            .Where(header => header.Key != "Date")
            .Select(header => $"{header.Key}: {string.Join(',', header.Value)}");
        var whole = string.Join('\n', [$"{(int)answer.StatusCode}", .. headers, await Body(operation, answer)]);
        return new(answer.IsSuccessStatusCode ? 200 : (int)answer.StatusCode, whole);
    }

    /// <summary>
    /// The body, or of a stream its first lines; the one of all checkouts says nothing until there is news.
    /// </summary>
    private static async Task<string> Body(Operation operation, HttpResponseMessage answer)
    {
        var events = answer.Content.Headers.ContentType?.MediaType is "text/event-stream";
        if (events && operation.Pattern == "/fleet/v1/events") return "";
        if (!answer.IsSuccessStatusCode || (!events && operation.Method is not { IsServerStreaming: true }))
            return await answer.Content.ReadAsStringAsync(Cancel);
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(Cancel));
        var first = await lines.ReadLineAsync(Cancel);
        return events ? $"{first}\n{await lines.ReadLineAsync(Cancel)}" : $"{first}";
    }

    private static int StatusOf(StatusCode code) => code switch
    {
        StatusCode.Unauthenticated => 401,
        StatusCode.PermissionDenied => 403,
        StatusCode.NotFound => 404,
        StatusCode.InvalidArgument => 400,
        StatusCode.FailedPrecondition => 422,
        _ => 500,
    };
}
