using System.Net;

namespace Fleet.Server.Tests;

/// <summary>A node and one reader of it, for tests that come by the hundred and each leave the reader free.</summary>
public sealed class Lane : IAsyncLifetime
{
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

    /// <summary>Sends a body to Create checkout; the reader is free when it arrives.</summary>
    public async Task<HttpResponseMessage> Checkout(HttpContent body)
    {
        await Clear();
        return await Fleet.Till.Send(HttpMethod.Post, $"readers/{ReaderId}/checkout", body);
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
