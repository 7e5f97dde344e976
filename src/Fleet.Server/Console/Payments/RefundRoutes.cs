using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Server.Api;
using Fleet.Server.Api.Rest;
using Fleet.Server.Api.Rpc;
using Fleet.Server.Checkouts;
using Fleet.Server.Console.Parts;

namespace Fleet.Server.Console.Payments;

/// <summary>Gives money back, as the route of REST does.</summary>
internal static class RefundRoutes
{
    private const string Amount = "amount";

    private static readonly RequiredScopeAttribute Refunds = new(Scopes.RefundsWrite);

    public static void Map(ConsoleRoutes routes, string path)
    {
        routes.MapPage<RefundPage, RefundView>(path, Read);
        routes.MapAction(path, Refund);
    }

    private static async Task<RefundView> Read(PageRequest page)
    {
        await page.Api.Admit(Refunds);
        var checkout = await CheckoutRoutes.Find(page);
        return new(checkout, CheckoutView.RefundableOf(checkout), $"console-{Guid.NewGuid()}");
    }

    /// <summary>
    /// The key of the form makes the same refund of a form that is sent twice. An empty amount is refused: it must not
    /// give back everything.
    /// </summary>
    private static async Task<string> Refund(PageRequest page)
    {
        var scope = await page.Api.Admit(Refunds);
        if (!Ids.IsUuid(CheckoutRoutes.IdOf(page), out var id)
            || await page.Get<CheckoutQueries>().FindCheckout(scope.Reach, id, page.Aborted) is not { } paid)
            throw RpcErrors.ToException(Refusal.NotFound);
        var fields = new FieldCheck();
        if (AmountText.Read(page.Form(Amount)) is not { } major)
            throw RpcErrors.InvalidField(Amount, "must be an amount like 12.50");
        var amount = fields.CheckMajorAmount(Amount, major, paid.Terms.Amount);
        RpcErrors.ThrowIfAny(fields);
        var key = IdempotencyHeader.KeyOf(scope.Code, page.Form("key"), $"refund {paid.Id} {amount}")
            ?? throw RpcErrors.InvalidField("key", "is missing: load the page again");
        RpcErrors.ThrowIfAny(
            await page.Get<CheckoutCommands>().RefundPayment(scope, paid, amount, key, page.Aborted));
        return CheckoutRoutes.PageOf(page);
    }
}
