using System.Net;
using System.Text;

namespace Fleet.Server.Tests;

/// <summary>A node and one reader of it, for tests that come by the hundred and each leave the reader free.</summary>
public sealed class Lane : IAsyncLifetime
{
    /// <summary>The members of a good checkout, to which tests add others.</summary>
    public const string Coffee = "\"total_amount\":{\"currency\":\"EUR\",\"minor_unit\":2,\"value\":1500}";

    private TestDevice? _device;

    public FleetApp Fleet { get; } = new();

    public string ReaderId => _device?.ReaderId ?? throw new InvalidOperationException("The node is not running.");

    public async ValueTask InitializeAsync()
    {
        await Fleet.InitializeAsync();
        _device = await Fleet.PairedDevice();
    }

    public async ValueTask DisposeAsync()
    {
        if (_device is not null) await _device.DisposeAsync();
        await Fleet.DisposeAsync();
    }

    public static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    /// <summary>Sends a body to Create checkout; the reader is free when it arrives.</summary>
    public async Task<HttpResponseMessage> Checkout(HttpContent body)
    {
        await Clear();
        return await Fleet.Till.Send(HttpMethod.Post, $"readers/{ReaderId}/checkout", body);
    }

    /// <summary>Sends it, demands the refusal, and takes the reader for a good checkout: nothing was stored.</summary>
    public async Task Refuses(int status, string? field, HttpContent body)
    {
        using var answer = await Checkout(body);
        await answer.MustRefuse(status, field);
        await Fleet.Till.Charge(ReaderId);
    }

    public async Task Takes(HttpContent body)
    {
        using var answer = await Checkout(body);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(answer.StatusCode is HttpStatusCode.Created, $"{answer.StatusCode}: {text}");
    }

    /// <summary>A checkout that was accepted just now and is open.</summary>
    public async Task<Guid> OpenCheckout()
    {
        await Clear();
        return await Fleet.Till.Charge(ReaderId);
    }

    private async Task Clear()
    {
        using var cleared = await Fleet.Till.Post($"readers/{ReaderId}/terminate", new { });
        Assert.Equal(HttpStatusCode.Accepted, cleared.StatusCode);
    }
}
