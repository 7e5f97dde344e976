using Fleet.Torture.Checking;
using Fleet.Torture.Processes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Fleet.Torture.Cloud;

/// <summary>
/// Stands between Fleet and a stand-in of SumUp's cloud. It passes on every call, writes it down, and lets go wrong
/// what its plan says. What it does changes nothing in the cloud, except that some calls never reach it.
/// </summary>
internal sealed class FaultProxy : IAsyncDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false });
    private readonly int _port = Ports.Next();
    private readonly Callbacks _callbacks;
    private readonly LateTransactions _late;
    private WebApplication? _app;

    private FaultProxy() =>
        (_callbacks, _late) = (new(Journal, _http, Address), new(() => Times.NotFound));

    public int Port => _port;

    public Uri Address => new($"http://127.0.0.1:{_port}");

    /// <summary>Where the cloud is; before it is known, a place where nothing is.</summary>
    public Uri Upstream { get; set; } = new("http://127.0.0.1:1");

    public FaultPlan Plan { get; } = new();

    /// <summary>From now on, also for transactions that are late already.</summary>
    public FaultTimes Times { get; set; } = new();

    /// <summary>
    /// Whether a transaction is found only when its payment has ended. So it is at SumUp, where there is none before a
    /// card was presented; a Fleet finds it at once.
    /// </summary>
    public bool HidesOpenTransactions { get; set; }

    public ProxyJournal Journal { get; } = new();

    public static async Task<FaultProxy> Started()
    {
        var proxy = new FaultProxy();
        await proxy.ComeUp();
        return proxy;
    }

    /// <summary>From now on connections are refused, and the open ones are cut.</summary>
    public async Task GoDown()
    {
        if (_app is not { } app) return;
        _app = null;
        await app.StopAsync(new CancellationToken(canceled: true));
        await app.DisposeAsync();
    }

    public async Task ComeUp()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        _app = builder.Build();
        _app.Urls.Add($"{Address}");
        _app.Run(Serve);
        await _app.StartAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await GoDown();
        _http.Dispose();
    }

    private async Task Serve(HttpContext http)
    {
        if (Callbacks.NumberOf(http.Request.Path) is { } number)
        {
            await _callbacks.Take(http, number, Times.ClockOff);
            return;
        }
        var request = await CloudRequest.Read(http.Request, http.RequestAborted);
        var call = Journal.Add(request.Call);
        var fault = Plan.Take(call.Operation, call.ForeignId);
        if (_late.IsHidden(call)) await Tell(http, call, CloudFault.TransactionLate, NotFound);
        else if (fault?.IsBefore() is true) await TellInstead(http, call, fault.Value);
        else await Pass(http, request, call, fault);
    }

    /// <summary>The cloud never sees it.</summary>
    private Task TellInstead(HttpContext http, CloudCall call, CloudFault fault)
    {
        if (fault is not CloudFault.PhantomAccept) return Tell(http, call, fault, fault.Instead(Times));
        var (checkout, client) = ($"{Guid.NewGuid()}", $"{Guid.NewGuid()}");
        var body = $$$"""{"data":{"checkout_id":"{{{checkout}}}","client_transaction_id":"{{{client}}}"}}""";
        return Tell(
            http, call with { CheckoutId = checkout, ClientId = client }, fault, CloudAnswer.Json(201, body));
    }

    private async Task Pass(HttpContext http, CloudRequest request, CloudCall call, CloudFault? fault)
    {
        var returnUrl = call.ReturnUrl is { } url ? _callbacks.Expect(call, url, fault) : null;
        call = Journal.Put(call with { Forwarded = true });
        var answer = await Ask(request, returnUrl);
        call = Journal.Put(Learn(call, answer));
        if (call.Operation is CloudOperation.Create) fault = await Follow(http, call, fault);
        if (fault is CloudFault.TransactionLate) _late.Hide(Journal.IdsOf(call));
        if (fault is CloudFault.Delayed) await Connections.Wait(http, Times.Delay);
        var told = Distort(call, fault, answer);
        if (fault is >= CloudFault.BrokenJson and <= CloudFault.NullWords && ReferenceEquals(told, answer))
            fault = null;
        if (HidesOpenTransactions && call.Operation.IsTransaction() && told?.Says("status", "PENDING") is true)
            told = NotFound;
        if (call.Operation is CloudOperation.History) told = told?.RemoveItems(_late.IsHidden);
        await Tell(http, call, fault, told);
    }

    /// <summary>What follows from a create; returns its fault, or null if that finds nothing to do.</summary>
    private async Task<CloudFault?> Follow(HttpContext http, CloudCall create, CloudFault? fault)
    {
        var isTold = create.IsAccepted && _callbacks.IsAwaited(create.Number);
        switch (fault)
        {
            case CloudFault.TransactionLate: return create.IsAccepted ? fault : null;
            case CloudFault.CallbackFirst:
                return isTold && await _callbacks.IsTold(create.Number, Times.CallbackFirst) ? fault : null;
            case CloudFault.CallbackForged when isTold:
                http.Response.OnCompleted(() => _callbacks.Forge(create));
                return fault;
            case { } other when other.IsOfCallback(): return isTold ? fault : null;
            default: return fault;
        }
    }

    /// <summary>What a client is told of what the cloud answered; the same when there is nothing to change.</summary>
    private CloudAnswer? Distort(CloudCall call, CloudFault? fault, CloudAnswer answer) => fault switch
    {
        CloudFault.TransactionLate => call.Operation is CloudOperation.Create ? answer : NotFound,
        CloudFault.BrokenJson => answer.Break(),
        CloudFault.NoCheckoutId => answer.RemoveCheckoutId(),
        CloudFault.NewWords => answer.ReplaceWords("SOMETHING_NEW"),
        CloudFault.NullWords => answer.ReplaceWords(null),
        { } other when other.Instead(Times) is { } instead => instead,
        CloudFault.ClosedAfter or CloudFault.ResetAfter or CloudFault.SilentAfter => null,
        _ => answer,
    };

    /// <summary>Writes down what the client is told, and then tells it.</summary>
    private Task Tell(HttpContext http, CloudCall call, CloudFault? fault, CloudAnswer? answer)
    {
        var told = answer?.MoveTimes(Times.ClockOff);
        fault ??= Times.ClockOff == TimeSpan.Zero ? null : CloudFault.ClockOff;
        Journal.Put(call with { Fault = fault, Told = told?.Status });
        return (fault, told) switch
        {
            (_, not null) => told.Write(http),
            (CloudFault.ResetBefore or CloudFault.ResetAfter, _) => Connections.Reset(http),
            (CloudFault.SilentBefore or CloudFault.SilentAfter, _) => Connections.Hold(http),
            _ => Connections.Close(http),
        };
    }

    private async Task<CloudAnswer> Ask(CloudRequest request, string? returnUrl)
    {
        try
        {
            using var message = request.ToMessage(Upstream, returnUrl, Times.ClockOff);
            // What a client gives up is carried out all the same.
            using var answer = await _http.SendAsync(message, CancellationToken.None);
            return await CloudAnswer.Read(answer);
        }
        catch (HttpRequestException)
        {
            return CloudFaults.NoCloud;
        }
    }

    private static CloudCall Learn(CloudCall call, CloudAnswer answer)
    {
        if (call.Operation is not CloudOperation.Create) return call with { Status = answer.Status };
        var (checkout, client) = answer.ReadIds();
        return call with { Status = answer.Status, CheckoutId = checkout, ClientId = client };
    }

    private static CloudAnswer NotFound => CloudAnswer.Json(404,
        """{"error_code":"NOT_FOUND","message":"Resource not found"}""");
}
