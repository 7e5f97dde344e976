using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Fleet.Server.Tests;

/// <summary>What official clients and others send to Terminate, which may come without any body.</summary>
public sealed class BadTerminateInputTests(Lane lane) : IClassFixture<Lane>
{
    [Theory]
    [InlineData(null, null)]
    [InlineData("", null)]
    [InlineData("", "application/json")]
    [InlineData("{}", "application/json")]
    [InlineData("{\"expected_checkout_id\":null}", "application/json")]
    [InlineData("null", "application/json")]
    [InlineData("[]", "application/json")]
    [InlineData(" [ ]\r\n", "application/json")]
    [InlineData("{\"id\":\"019ca8a0-3e80-7f0c-ba2b-53e6d0a22f1c\",\"x\":[1]}", "application/json")]
    public async Task Every_way_to_say_nothing_ends_the_open_checkout(string? body, string? mediaType)
    {
        var checkout = await lane.OpenCheckout();

        using var answer = await Terminate(body is null ? null : Text(body, mediaType));

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal("{}", (await answer.Json()).GetRawText());
        Assert.Equal("cancelled/terminated", await lane.Fleet.Till.Outcome(lane.ReaderId, checkout));
    }

    [Theory]
    [InlineData("[1]")]
    [InlineData("[{}]")]
    [InlineData("\"x\"")]
    [InlineData("{")]
    [InlineData(" ")]
    [InlineData("{\"expected_checkout_id\":1}")]
    [InlineData("{\"expected_checkout_id\":\"the last one\"}")]
    [InlineData("{\"expected_checkout_id\":\"\"}")]
    [InlineData("{\"expected_checkout_id\":null,\"expected_checkout_id\":null}")]
    public Task A_body_that_could_mean_anything_ends_nothing(string body) =>
        EndsNothing(400, Text(body, "application/json"));

    [Fact]
    public Task A_body_of_65_kib_ends_nothing() => EndsNothing(413, Text("{}".PadRight(65 * 1024), "application/json"));

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData(null)]
    public Task A_body_that_is_not_called_json_ends_nothing(string? mediaType) =>
        EndsNothing(415, Text("{}", mediaType));

    [Fact]
    public async Task Naming_another_checkout_ends_nothing()
    {
        var checkout = await lane.OpenCheckout();

        using var answer = await lane.Fleet.Till.Post(
            $"readers/{lane.ReaderId}/terminate", new { expected_checkout_id = Guid.NewGuid() });

        Assert.Equal("422 CHECKOUT_NOT_OPEN", await answer.Refusal());
        Assert.Equal("pending", await lane.Fleet.Till.Outcome(lane.ReaderId, checkout));
    }

    private static ByteArrayContent Text(string text, string? mediaType)
    {
        var body = new ByteArrayContent(Encoding.UTF8.GetBytes(text));
        body.Headers.ContentType = mediaType is null ? null : new MediaTypeHeaderValue(mediaType);
        return body;
    }

    private async Task EndsNothing(int status, HttpContent body)
    {
        var checkout = await lane.OpenCheckout();
        using var answer = await Terminate(body);
        await answer.MustRefuse(status);
        Assert.Equal("pending", await lane.Fleet.Till.Outcome(lane.ReaderId, checkout));
    }

    private Task<HttpResponseMessage> Terminate(HttpContent? body) =>
        lane.Fleet.Till.Send(HttpMethod.Post, $"readers/{lane.ReaderId}/terminate", body);
}
