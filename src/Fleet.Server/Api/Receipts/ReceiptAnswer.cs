using Fleet.Core.Checkouts;
using Fleet.Core.Transactions;
using Fleet.Server.Access;
using Fleet.Server.Api.Rest;
using Microsoft.Net.Http.Headers;

namespace Fleet.Server.Api.Receipts;

/// <summary>A receipt in the form that the caller accepts.</summary>
internal sealed class ReceiptAnswer(
    ReceiptFormat format, Checkout checkout, IEnumerable<Refund> refunds, Merchant merchant) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.Headers.Vary = HeaderNames.Accept;
        if (format is ReceiptFormat.Json)
            return Answer.Json(ReceiptView.FromCheckout(checkout, refunds, merchant.Rules.Sandbox),
                ApiJson.Default.ReceiptView).ExecuteAsync(httpContext);
        var receipt = PrintedReceipt.FromCheckout(checkout, refunds, merchant);
        response.Headers.CacheControl = Answer.NotKept;
        response.Headers.XContentTypeOptions = "nosniff";
        if (format is ReceiptFormat.Pdf)
        {
            response.Headers.ContentDisposition = $"inline; filename=\"receipt-{checkout.TransactionCode()}.pdf\"";
            return Write(response, "application/pdf", ReceiptPdf.Write(receipt));
        }
        response.Headers.ContentSecurityPolicy = ReceiptHtml.Policy;
        return Write(response, "text/html; charset=utf-8", ReceiptHtml.Write(receipt));
    }

    private static Task Write(HttpResponse response, string type, byte[] bytes)
    {
        (response.ContentType, response.ContentLength) = (type, bytes.Length);
        return response.BodyWriter.WriteAsync(bytes, response.HttpContext.RequestAborted).AsTask();
    }
}
