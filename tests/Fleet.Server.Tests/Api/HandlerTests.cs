using System.Reflection;
using System.Text.RegularExpressions;
using Fleet.Core;
using Fleet.Core.Readers;
using Fleet.Server.Api.Rest;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Server.Tests;

/// <summary>What is true of every handler of the REST routes, and of every route that takes a body.</summary>
public sealed partial class HandlerTests(Lane lane) : IClassFixture<Lane>
{
    public static TheoryData<string> Bodies => ["{}", "[]", "\"text\"", "1", "null", "{\"unknown\":{\"a\":[1]}}"];

    private IEnumerable<MethodInfo> Handlers =>
        lane.Fleet.Services.GetRequiredService<EndpointDataSource>().Endpoints
            .Select(route => route.Metadata.GetMetadata<MethodInfo>()).OfType<MethodInfo>()
            .Where(method => method.DeclaringType?.Namespace == typeof(JsonBody).Namespace).Distinct();

    [Fact]
    public void Every_handler_says_in_its_signature_what_it_answers()
    {
        Assert.NotEmpty(Handlers);
        Assert.Empty(Handlers.Where(handler => AnswerOf(handler) is var answer
            && (answer == typeof(IResult) || !answer.IsAssignableTo(typeof(IResult)))).Select(handler => handler.Name));
    }

    [Fact]
    public void Every_handler_that_waits_ends_with_its_request() =>
        Assert.Empty(Handlers
            .Where(handler => handler.ReturnType.IsAssignableTo(typeof(Task)) && handler.GetParameters()
                .All(parameter => parameter.ParameterType != typeof(CancellationToken)))
            .Select(handler => handler.Name));

    /// <summary>
    /// Also routes that take no body, those of older clients, and the methods of gRPC that answer as JSON. The key of
    /// the chain may call all of them.
    /// </summary>
    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task No_body_makes_a_route_fail(string body)
    {
        var checkout = await lane.OpenCheckout();
        var changing = Operation.Of(lane.Fleet)
            .Where(operation => operation is { IsNative: false, Verb: "POST" or "PATCH" or "PUT" }).ToList();

        Assert.NotEmpty(changing);
        foreach (var operation in changing)
        {
            using var answer = await lane.Fleet.TillOf(FleetApp.Merchant, FleetApp.ChainKey).Send(
                new(operation.Verb), PathTo(operation, checkout), Lane.Json(body),
                (Reach.MerchantHeader, FleetApp.Merchant));
            var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.True((int)answer.StatusCode < 500, $"{operation.Name}: {(int)answer.StatusCode} {text}");
            if (operation.Rpc is null && !answer.IsSuccessStatusCode) await answer.MustRefuse((int)answer.StatusCode);
        }
    }

    private static Type AnswerOf(MethodInfo handler) =>
        handler.ReturnType is { IsGenericType: true } type && type.IsAssignableTo(typeof(Task))
            ? type.GetGenericArguments()[0]
            : handler.ReturnType;

    /// <summary>The path of an operation, about objects that are there, so that the body is read.</summary>
    private string PathTo(Operation operation, Guid checkout) =>
        Parameters().Replace(operation.Pattern.TrimEnd('/'), parameter => parameter.Groups["name"].Value switch
        {
            "merchant_code" => FleetApp.Merchant,
            "reader_id" => lane.ReaderId,
            "store" or "route.store" => ReaderProfile.DefaultStore,
            "key_id" => $"{Guid.Empty}",
            _ => $"{checkout}",
        });

    [GeneratedRegex(@"\{(?<name>[^}:=]+)[^}]*\}")]
    private static partial Regex Parameters();
}
